import { crashMatrix } from "./matrix.ts";

crashMatrix({ name: "threads", options: {}, survives: () => true });
