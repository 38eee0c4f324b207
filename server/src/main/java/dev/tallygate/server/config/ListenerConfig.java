package dev.tallygate.server.config;

import org.jspecify.annotations.Nullable;

/**
 * One listener. It has TLS, or the file says {@code insecure: true} and only this machine can
 * connect.
 *
 * @param name data, admin, peer or http
 * @param address where it listens
 * @param insecure no TLS
 * @param tls null for plaintext
 */
public record ListenerConfig(
    String name, HostPort address, boolean insecure, @Nullable ListenerTls tls) {
  static final String ADMIN = "admin";

  public ListenerConfig {
    new Faults("listeners." + name)
        .check(
            "insecure",
            insecure || tls != null,
            "must be written as `true` where `tls` is not given: plaintext is not served unasked")
        .check("insecure", !insecure || tls == null, "contradicts `tls`: remove one of the two")
        .check(
            "address",
            !insecure || tls != null || address.isLoopback(),
            "`" + address + "` is not a loopback address, and plaintext is served on loopback only")
        .check(
            "tls.client-auth",
            !name.equals(ADMIN) || tls == null || tls.clients() != null || address.isLoopback(),
            "`none` lets whoever reaches `"
                + address
                + "` change limits and revoke: write `require`, or listen on loopback")
        .raise();
  }
}
