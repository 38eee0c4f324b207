/**
 * What every service of a node shares: the wiring point {@link
 * dev.tallygate.server.grpc.NodeContext}, the mapping of conditions to status codes, and the counts
 * of calls. Imports no service.
 */
@NullMarked
package dev.tallygate.server.grpc;

import org.jspecify.annotations.NullMarked;
