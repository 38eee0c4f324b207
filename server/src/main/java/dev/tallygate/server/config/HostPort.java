package dev.tallygate.server.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/**
 * Where something listens or is reached.
 *
 * @param host a name, an IPv4 address, or an IPv6 address without brackets
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {

  /** How it is written, for messages. */
  static final String FORM = "host:port with a port in 1-65535";

  public HostPort {
    if (host.isEmpty() || host.length() > 253 || port < 1 || port > 65_535) {
      throw new IllegalArgumentException("`" + host + ":" + port + "` is not " + FORM);
    }
  }

  /**
   * @throws IllegalArgumentException if the text is not {@code host:port}, {@code [v6]:port}
   *     included
   */
  public static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) host = host.substring(1, host.length() - 1);
    else if (host.indexOf(':') >= 0) host = "";
    String port = text.substring(colon + 1);
    if (!port.matches("[0-9]{1,5}") || host.isEmpty() || !host.matches("[A-Za-z0-9._:%-]+")) {
      throw new IllegalArgumentException("`" + text + "` is not " + FORM);
    }
    return new HostPort(host, Integer.parseInt(port));
  }

  /** True where only this machine can reach it: nothing else may be plaintext. */
  public boolean isLoopback() {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (!address.isLoopbackAddress()) return false;
      }
      return true;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /**
   * Whether it says loopback as it is written: a name that has to be looked up is nobody's word.
   */
  public boolean isWrittenLoopback() {
    return host.equalsIgnoreCase("localhost")
        || host.equals("::1")
        || host.matches("127(\\.\\d{1,3}){3}");
  }

  public InetSocketAddress socketAddress() {
    return new InetSocketAddress(host, port);
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
