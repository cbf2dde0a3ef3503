/** The programs of docs/zh are those of docs: tests/packaging/chinese_test.ts. */
import { codeTests } from "./code.ts";

const pages = Array.from(Deno.readDirSync(new URL("../../docs/", import.meta.url)), ({ name }) => `docs/${name}`);
codeTests(["README.md", ...pages.filter((path) => path.endsWith(".md")).sort()]);
