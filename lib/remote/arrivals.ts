/**
 * The worker's side: makes queues, connections, managers and proxies of the references that arrive. The entry of a worker
 * process loads it when the first one does.
 *
 * @module
 */
import { DictProxy } from "../manager/dict.ts";
import { ListProxy } from "../manager/list.ts";
import { Manager } from "../manager/manager.ts";
import { NamespaceProxy } from "../manager/namespace.ts";
import { Origin } from "../manager/proxy.ts";
import { describedIn, ObjectProxy } from "../manager/registered.ts";
import { ValueProxy } from "../manager/value.ts";
import { Connection, ConnectionOrigin } from "../queue/connection.ts";
import { QueueOrigin } from "../queue/item_source.ts";
import { JoinableQueue } from "../queue/joinable_queue.ts";
import "../queue/kinds.ts";
import { Queue } from "../queue/queue.ts";
import { type Handle, registerReviver, REMOTE } from "../shared/handle.ts";
import { RemoteEnd } from "./remote_connection.ts";
import { RemoteClient } from "./remote_manager.ts";
import { RemoteItems } from "./remote_queue.ts";

export { connectHost, type HostConnection, receiveAnswer } from "./host_objects.ts";

const OPENERS: Readonly<Record<string, (handle: Handle) => object>> = {
  "queue": (handle) => new Queue(new QueueOrigin(new RemoteItems(handle)) as never),
  "joinable_queue": (handle) => new JoinableQueue(new QueueOrigin(new RemoteItems(handle)) as never),
  "connection": (handle) => new Connection(new ConnectionOrigin(new RemoteEnd(handle))),
  "manager": (handle) => new (Manager as new (client: RemoteClient) => Manager)(RemoteClient.of(handle)),
  "manager.list": (handle) => new ListProxy(originOf(handle)),
  "manager.dict": (handle) => new DictProxy(originOf(handle)),
  "manager.namespace": (handle) => new NamespaceProxy(originOf(handle)),
  "manager.value": (handle) => new ValueProxy(originOf(handle)),
  "manager.object": (handle) => new ObjectProxy(originOf(handle), describedIn(handle)),
};

function originOf(handle: Handle): Origin {
  return new Origin(RemoteClient.of(handle), handle.object as number);
}

registerReviver(REMOTE, (handle) => OPENERS[handle.of as string](handle));
