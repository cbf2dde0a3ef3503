import { processContract } from "./processes.ts";

processContract("workers");
