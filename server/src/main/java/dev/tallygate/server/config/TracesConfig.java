package dev.tallygate.server.config;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * Where traces of calls go, keys {@code traces.*}.
 *
 * @param otlpEndpoint of a collector that takes OTLP over HTTP; null where no call is traced
 * @param sampleRatio of calls whose caller does not say, 0 to 1; where the caller says, it decides
 */
public record TracesConfig(@Nullable URI otlpEndpoint, double sampleRatio) {
  static final TracesConfig OFF = new TracesConfig(null, 0);

  public TracesConfig {
    new Faults("traces")
        .check(
            "otlp-endpoint",
            otlpEndpoint == null || isAddress(otlpEndpoint),
            "`" + otlpEndpoint + "` is not http:// or https://, a host and a port in 1-65535")
        .check(
            "otlp-endpoint",
            otlpEndpoint == null || mayBeTold(otlpEndpoint),
            "`" + otlpEndpoint + "` is plaintext to another machine: use https://")
        .check(
            "sample-ratio",
            sampleRatio >= 0 && sampleRatio <= 1,
            "`" + sampleRatio + "` is not in 0-1")
        .check(
            "sample-ratio",
            otlpEndpoint != null || sampleRatio == 0,
            "traces nothing without `otlp-endpoint`")
        .raise();
  }

  private static boolean isAddress(URI uri) {
    String scheme = uri.getScheme();
    return ("http".equals(scheme) || "https".equals(scheme))
        && uri.getHost() != null
        && uri.getPort() >= 1
        && uri.getPort() <= 65_535
        && uri.getUserInfo() == null
        && uri.getQuery() == null
        && uri.getFragment() == null;
  }

  private static boolean mayBeTold(URI uri) {
    String host = uri.getHost();
    if (host == null || "https".equals(uri.getScheme())) return true;
    String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    return new HostPort(bare, 1).isWrittenLoopback();
  }
}
