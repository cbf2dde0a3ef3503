import { scopedContract } from "./scoped.ts";

scopedContract("maps", "order");
