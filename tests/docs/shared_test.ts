// A part of the library: a file of its own, so that tests/run.ts can run it beside the others.
import { PARTS } from "./parts.ts";
import { codeTests } from "./code.ts";

codeTests(PARTS.shared);
