package dev.tallygate.server.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cluster that the command line knows by name.
 *
 * @param targets data listeners, tried in this order
 * @param admin admin listeners, tried in this order; may be empty
 * @param tenant empty for the default
 * @param tls null for plaintext
 * @param insecure whether plaintext may leave this machine
 */
public record ContextConfig(
    List<HostPort> targets,
    List<HostPort> admin,
    String tenant,
    @Nullable ContextTls tls,
    boolean insecure) {

  private static final int TARGETS_MAX = 16;
  private static final int TENANT_CHARS_MAX = 128;

  public ContextConfig {
    targets = List.copyOf(targets);
    admin = List.copyOf(admin);
    new Faults("")
        .check(
            "targets",
            !targets.isEmpty() && targets.size() <= TARGETS_MAX,
            "`" + targets.size() + "` data listeners are not in 1-" + TARGETS_MAX)
        .check(
            "admin",
            admin.size() <= TARGETS_MAX,
            "`" + admin.size() + "` admin listeners are not in 0-" + TARGETS_MAX)
        .check(
            "tenant",
            tenant.length() <= TENANT_CHARS_MAX,
            "`" + tenant.length() + "` characters are not in 0-" + TENANT_CHARS_MAX)
        .check("insecure", tls == null || !insecure, "is for plaintext: remove it, or remove `tls`")
        .check("targets", mayBeAsked(targets, tls, insecure), plaintext(targets))
        .check("admin", mayBeAsked(admin, tls, insecure), plaintext(admin))
        .raise();
  }

  private static boolean mayBeAsked(
      List<HostPort> addresses, @Nullable ContextTls tls, boolean insecure) {
    return tls != null || insecure || firstElsewhere(addresses) == null;
  }

  private static String plaintext(List<HostPort> addresses) {
    return "`"
        + firstElsewhere(addresses)
        + "` is not a loopback address, and plaintext is read and changed by whoever is between:"
        + " name the CA of the nodes in `tls`, or say `insecure: true`";
  }

  private static @Nullable HostPort firstElsewhere(List<HostPort> addresses) {
    return addresses.stream().filter(at -> !at.isWrittenLoopback()).findFirst().orElse(null);
  }
}
