import { processContract } from "./processes.ts";

processContract("order");
