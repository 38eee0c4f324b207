package dev.tallygate.server.tls;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A name or address under which something is reached, as certificates state it (RFC 5280 §4.2.1.6):
 * names in lower case, addresses in one spelling, and never one for the other.
 */
public record HostName(String text, boolean isAddress) {
  private static final int DNS = 2;
  private static final int IP = 7;

  /**
   * @param host a name, an IPv4 address, or an IPv6 address without brackets; nothing is looked up
   */
  public static HostName of(String host) {
    if (host.indexOf(':') < 0 && !host.matches("[0-9.]+")) {
      return new HostName(host.toLowerCase(Locale.ROOT), false);
    }
    try {
      return new HostName(InetAddress.getByName(host).getHostAddress(), true);
    } catch (UnknownHostException e) {
      // No address after all, and no certificate has such a name.
      return new HostName(host, false);
    }
  }

  /** What a certificate names; its subject's common name counts for nothing (RFC 9525 §2). */
  public static Set<HostName> named(X509Certificate certificate)
      throws CertificateParsingException {
    Set<HostName> names = new LinkedHashSet<>();
    var alternatives = certificate.getSubjectAlternativeNames();
    if (alternatives == null) return names;
    for (List<?> alternative : alternatives) {
      int kind = (Integer) alternative.get(0);
      if (kind == DNS || kind == IP) names.add(of((String) alternative.get(1)));
    }
    return names;
  }

  @Override
  public String toString() {
    return text;
  }
}
