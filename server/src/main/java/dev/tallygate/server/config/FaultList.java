package dev.tallygate.server.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The faults of one file, each with the line where it can be mended. */
final class FaultList {
  private record Fault(int line, String text) {}

  private final String file;
  private final List<Fault> faults = new ArrayList<>();

  FaultList(String file) {
    this.file = file;
  }

  void add(int line, String key, String what) {
    Fault fault = new Fault(line, file + ":" + line + ": " + key + ": " + what);
    if (!faults.contains(fault)) faults.add(fault);
  }

  boolean isEmpty() {
    return faults.isEmpty();
  }

  ConfigException exception() {
    return new ConfigException(
        faults.stream().sorted(Comparator.comparingInt(Fault::line)).map(Fault::text).toList());
  }
}
