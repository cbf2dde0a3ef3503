import { processContract } from "./processes.ts";

processContract("calls");
