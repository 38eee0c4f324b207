package dev.tallygate.server.tls;

import io.grpc.netty.shaded.io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
    HostName address = address(host);
    return address == null ? name(host) : address;
  }

  private static HostName name(String name) {
    return new HostName(name.toLowerCase(Locale.ROOT), false);
  }

  /** Literals alone, and no short ones: what is none of them would be asked of a resolver. */
  private static @Nullable HostName address(String text) {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
    if (bytes == null) return null;
    try {
      return new HostName(InetAddress.getByAddress(bytes).getHostAddress(), true);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + bytes.length + " bytes", e);
    }
  }

  /** What a certificate names; its subject's common name counts for nothing (RFC 9525 §2). */
  public static Set<HostName> named(X509Certificate certificate)
      throws CertificateParsingException {
    var alternatives = certificate.getSubjectAlternativeNames();
    return alternatives == null ? Set.of() : named(alternatives);
  }

  /**
   * @param alternatives kind and value, as the JDK gives them
   */
  static Set<HostName> named(Collection<List<?>> alternatives) {
    Set<HostName> names = new LinkedHashSet<>();
    for (List<?> alternative : alternatives) {
      int kind = (Integer) alternative.get(0);
      // A name that looks like an address is a name: a CA may sign it for whoever owns the name.
      if (kind == DNS) names.add(name((String) alternative.get(1)));
      HostName address = kind == IP ? address((String) alternative.get(1)) : null;
      if (address != null) names.add(address);
    }
    return names;
  }

  @Override
  public String toString() {
    return text;
  }
}
