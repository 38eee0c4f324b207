package dev.tallygate.server.config;

/**
 * One voter, the same on every node.
 *
 * @param id 1-64 of {@code [A-Za-z0-9._-]}
 * @param peer where the other nodes reach it
 * @param data where callers reach it; goes into leader hints
 * @param admin where operators reach it
 */
public record PeerConfig(String id, HostPort peer, HostPort data, HostPort admin) {
  static final String ID = "[A-Za-z0-9._-]{1,64}";

  public PeerConfig {
    new Faults("peers")
        .check("id", id.matches(ID), "`" + id + "` is not 1-64 of [A-Za-z0-9._-]")
        .raise();
  }
}
