import { threadContract } from "./threads.ts";

threadContract("maps", "order");
