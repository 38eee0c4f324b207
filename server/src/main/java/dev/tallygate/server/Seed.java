package dev.tallygate.server;

import dev.tallygate.proto.log.v1.Command;
import dev.tallygate.proto.log.v1.CreateTenant;
import dev.tallygate.raft.state.Settings;
import dev.tallygate.raft.state.View;
import dev.tallygate.server.config.BoundsConfig;
import dev.tallygate.server.config.NodeConfig;
import dev.tallygate.server.grpc.NodeContext;

/**
 * What the first leader of a cluster puts into the log: the settings, and the tenant that every
 * client uses unless it says otherwise. Looked at again until it is there.
 */
final class Seed {

  // Constants of the public API: documented there, so no operator's choice.
  private static final long REQUEST_WINDOW_US = 600_000_000;
  private static final long REQUEST_AHEAD_US = 60_000_000;

  private final View view;
  private final OwnCommands commands;
  private final Settings settings;

  Seed(View view, OwnCommands commands, NodeConfig config) {
    this.view = view;
    this.commands = commands;
    settings = settings(config.bounds(), config.peers().size());
  }

  static Settings settings(BoundsConfig bounds, int voters) {
    return new Settings(
        bounds.tickMs() * 1_000L,
        REQUEST_WINDOW_US,
        REQUEST_AHEAD_US,
        bounds.civilLeadMs() * 1_000L,
        bounds.poolsMax(),
        bounds.leasesMax(),
        bounds.requestsMax(),
        bounds.subjectsMax(),
        bounds.tenantsMax(),
        bounds.entitlementsMax(),
        bounds.sweepMax(),
        bounds.ledgerSegmentBytes(),
        bounds.digestEvery(),
        voters,
        bounds.catalogVersionsMax());
  }

  /** On a leader that may propose. */
  void proposeWhatIsMissing() {
    if (!view.seeded()) {
      commands.propose(Command.newBuilder().setSettings(settings.proto()).build());
    } else if (view.tenant(NodeContext.DEFAULT_TENANT) == null) {
      commands.propose(
          Command.newBuilder()
              .setCreateTenant(CreateTenant.newBuilder().setName(NodeContext.DEFAULT_TENANT))
              .build());
    }
  }

  boolean isDone() {
    return view.seeded() && view.tenant(NodeContext.DEFAULT_TENANT) != null;
  }
}
