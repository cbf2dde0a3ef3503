import { processContract } from "./processes.ts";

processContract("maps");
