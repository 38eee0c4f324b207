package dev.tallygate.loadtest.peer;

import dev.tallygate.loadtest.drive.LoadtestException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.OptionalDouble;

/**
 * A page of metrics in Prometheus text format. What is read by name:
 *
 * <ul>
 *   <li>etcd: {@code etcd_disk_wal_fsync_duration_seconds_count}
 *   <li>ours: {@code tallygate_snapshot_pause_seconds_sum}, how long apply stood still for all
 *       snapshots so far
 *   <li>ours: {@code tallygate_table_rows}, of the table {@code leases}
 * </ul>
 */
public final class Metrics {
  public static final String ETCD_FSYNCS = "etcd_disk_wal_fsync_duration_seconds_count";
  public static final String SNAPSHOT_PAUSES = "tallygate_snapshot_pause_seconds_sum";

  /** The leases and holds that a node has. */
  public static final String LEASES = "tallygate_table_rows{table=\"leases\"}";

  private static final Duration ANSWER_MAX = Duration.ofSeconds(5);
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(ANSWER_MAX)
          .proxy(HttpClient.Builder.NO_PROXY)
          .build();

  private final String text;

  Metrics(String text) {
    this.text = text;
  }

  /** Reads {@code http://address/metrics}. */
  public static Metrics read(String address) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + "/metrics"))
            .timeout(ANSWER_MAX)
            .build();
    try {
      HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() == 200) return new Metrics(response.body());
      throw new LoadtestException(
          "metrics of " + address + " answer status " + response.statusCode());
    } catch (IOException e) {
      throw new LoadtestException("cannot read metrics of " + address + ": " + e, e);
    }
  }

  /**
   * The sum over all labels of a metric; empty where the page has none of that name. With labels in
   * braces behind the name, as the page writes them, of those alone.
   */
  public OptionalDouble sum(String name) {
    return text.lines()
        .filter(line -> isSampleOf(line, name))
        .mapToDouble(line -> Double.parseDouble(valueOf(line)))
        .reduce(Double::sum);
  }

  private static boolean isSampleOf(String line, String name) {
    if (!line.startsWith(name) || line.length() == name.length()) return false;
    char behind = line.charAt(name.length());
    return behind == ' ' || behind == '{';
  }

  private static String valueOf(String line) {
    int labelsEnd = line.lastIndexOf('}');
    String behind = line.substring(labelsEnd < 0 ? line.indexOf(' ') : labelsEnd + 1).strip();
    int timestamp = behind.indexOf(' ');
    return timestamp < 0 ? behind : behind.substring(0, timestamp);
  }
}
