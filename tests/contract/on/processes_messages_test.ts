import { processContract } from "./processes.ts";

processContract("messages");
