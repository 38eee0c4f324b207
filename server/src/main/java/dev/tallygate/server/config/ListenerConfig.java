package dev.tallygate.server.config;

/**
 * One listener. Plaintext is allowed where the file says {@code insecure: true} and only this
 * machine can connect.
 *
 * @param name data, admin, peer or http
 * @param address where it listens
 * @param insecure no TLS
 */
public record ListenerConfig(String name, HostPort address, boolean insecure) {
  public ListenerConfig {
    new Faults("listeners." + name)
        .check(
            "insecure",
            insecure,
            "must be written as `true`: this release has no TLS and does not serve plaintext"
                + " unasked")
        .check(
            "address",
            !insecure || address.isLoopback(),
            "`" + address + "` is not a loopback address, and plaintext is served on loopback only")
        .raise();
  }
}
