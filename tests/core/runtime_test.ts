import { assert, assertStringIncludes, assertThrows } from "@std/assert";
import { IsopoolError } from "@isopool/isopool";
import { checkRuntime } from "../../lib/core/runtime.ts";

Deno.test("checkRuntime() accepts this Deno, 2.9.4 and every newer version", () => {
  checkRuntime();
  for (const version of ["2.9.4", "2.10.3", "2.10.0", "3.0.0", "2.9.6+abc", "2.9.4-rc.1"]) checkRuntime(version);
});

Deno.test("checkRuntime() refuses an older Deno, and the message has the version and the command to upgrade", () => {
  for (const version of ["1.46.3", "2.0.0", "2.8.9", "2.9.0", "2.9.3", "2.9.3+abc"]) {
    const error = assertThrows(() => checkRuntime(version), IsopoolError) as Error;
    assert(error.message.includes(version));
    assertStringIncludes(error.message, "deno upgrade");
  }
});
