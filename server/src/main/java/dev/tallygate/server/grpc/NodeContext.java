package dev.tallygate.server.grpc;

import dev.tallygate.raft.Halt;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.trace.Traces;
import java.util.UUID;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The wiring point: everything that a package of services is given by its node. Made once, before
 * consensus starts; its parts may be used by any thread.
 *
 * @param nodeId this node, one of the peers
 * @param clusterId the cluster, as it stands in revisions and tokens in short
 * @param consensus the log
 * @param view the replicated state as this node has applied it
 * @param halt ends the process: a row that was read fails its checksum
 * @param loop the proposing executor: serial, and the event loop on which calls arrive where there
 *     is one loop. Proposals end here; what runs here must not block
 * @param traces null where no call is traced
 */
public record NodeContext(
    String nodeId,
    UUID clusterId,
    Consensus consensus,
    View view,
    Halt halt,
    Executor loop,
    NodeClock clock,
    LeaderHints leaders,
    NodeLimits limits,
    CallCounts counts,
    @Nullable Traces traces) {

  /** The tenant of a request that names none; every cluster has it. */
  public static final String DEFAULT_TENANT = "default";
}
