import { threadContract } from "./threads.ts";

threadContract("messages");
