package dev.tallygate.loadtest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tallygate.loadtest.drive.LoadtestException;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Help.Ansi;

/**
 * Where a run says things: progress to the error stream; at the end one line, or JSON alone, to the
 * output.
 */
record Output(PrintWriter out, PrintWriter err, boolean json) {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  void progress(String line) {
    err.println(line);
    err.flush();
  }

  /** The result. */
  void result(String line, Object report) {
    out.println(json ? toJson(report) : line);
    out.flush();
  }

  static String toJson(Object report) {
    try {
      return JSON.writeValueAsString(report);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Runs, and turns a failure that the operator can do something about into one line and exit code
   * 1.
   */
  int guard(Callable<Integer> run) throws Exception {
    try {
      return run.call();
    } catch (StatusRuntimeException e) {
      err.println(Ansi.AUTO.string("@|bold,red loadtest:|@ ") + "a call failed: " + e.getMessage());
      err.flush();
      return 1;
    } catch (LoadtestException e) {
      String cause = e.getCause() == null ? "" : " (" + e.getCause().getMessage() + ")";
      err.println(Ansi.AUTO.string("@|bold,red loadtest:|@ ") + e.getMessage() + cause);
      err.flush();
      return 1;
    }
  }
}
