import { threadContract } from "./threads.ts";

threadContract("maps");
