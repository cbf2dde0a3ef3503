import { processContract } from "./processes.ts";

processContract("pools");
