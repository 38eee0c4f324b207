package dev.tallygate.server.grpc;

import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Names the leader to callers, for the trailer {@code tallygate-leader}. Any thread. */
public final class LeaderHints {
  private final Supplier<@Nullable String> leaderId;
  private final Map<String, String> hints;

  /**
   * @param leaderId the leader as known now, or null
   * @param dataAddresses by node id
   */
  public LeaderHints(Supplier<@Nullable String> leaderId, Map<String, String> dataAddresses) {
    this.leaderId = leaderId;
    Map<String, String> byId = new java.util.HashMap<>();
    dataAddresses.forEach((id, address) -> byId.put(id, id + " " + address));
    this.hints = Map.copyOf(byId);
  }

  /** Node id and data address; null where no leader is known. */
  public @Nullable String now() {
    String id = leaderId.get();
    return id == null ? null : hints.get(id);
  }
}
