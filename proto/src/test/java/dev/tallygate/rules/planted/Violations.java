package dev.tallygate.rules.planted;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Date;
import java.util.Locale;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Test;

/** What the rules must refuse, one kind a class. Never called, and no part of any other check. */
public final class Violations {
  private Violations() {}

  /** Breaks no rule: shows that the rules do not refuse everything. */
  public static final class Clean {
    private final int units;
    private final ConcurrentHashMap<String, String> rows = new ConcurrentHashMap<>();
    volatile long index;

    Clean(int units) {
      this.units = units;
    }

    int rows() {
      return rows.size();
    }

    String describe() {
      return String.format(Locale.ROOT, "%d units", units).toLowerCase(Locale.ROOT);
    }
  }

  public static final class FormatsInDefaultLocale {
    String text(double rate) {
      return String.format("%f", rate);
    }
  }

  public static final class FormatsItselfInDefaultLocale {
    String text(double rate) {
      return "%f".formatted(rate);
    }
  }

  public static final class LowersInDefaultLocale {
    String text(String name) {
      return name.toLowerCase();
    }
  }

  public static final class LowersByReference {
    java.util.function.UnaryOperator<String> text() {
      return String::toUpperCase;
    }
  }

  public static final class Prints {
    void print() {
      System.out.println("done");
    }
  }

  public static final class RunsOnCommonPool {
    CompletableFuture<Integer> run() {
      return CompletableFuture.supplyAsync(() -> 1);
    }
  }

  public static final class MakesUnboundedPool {
    ExecutorService make() {
      return Executors.newFixedThreadPool(2);
    }
  }

  public static final class DrawsHidden {
    int draw() {
      return new Random().nextInt();
    }
  }

  public static final class Deserializes {
    Object read(byte[] bytes) throws IOException, ClassNotFoundException {
      return new ObjectInputStream(new ByteArrayInputStream(bytes)).readObject();
    }
  }

  public static final class UsesOldDate {
    Object now() {
      return new Date();
    }
  }

  public static final class LogsPastSlf4j {
    void log() {
      Logger.getLogger("x").info("done");
    }
  }

  public static final class ReadsWallClock {
    long read() {
      return System.currentTimeMillis();
    }
  }

  public static final class ReadsMonotonicClock {
    long read() {
      return System.nanoTime();
    }
  }

  public static final class ReadsClockByReference {
    Supplier<Instant> reader() {
      return Instant::now;
    }
  }

  public static final class TakesClock {
    Object read(Clock clock) {
      return clock;
    }
  }

  public static final class DrawsUuid {
    Object draw() {
      return UUID.randomUUID();
    }
  }

  public static final class DrawsSplittable {
    int draw(SplittableRandom random) {
      return random.nextInt();
    }
  }

  public static final class StartsThread {
    void start() {
      new Thread(() -> {}).start();
    }
  }

  public static final class UsesQueue {
    private final ArrayBlockingQueue<String> rows = new ArrayBlockingQueue<>(1);

    Object rows() {
      return rows;
    }
  }

  public static final class Synchronizes {
    synchronized int read() {
      return 1;
    }
  }

  public static final class ReadsFile {
    boolean read() {
      return new java.io.File("x").exists();
    }
  }

  public static final class ReadsPath {
    boolean read() {
      return java.nio.file.Files.exists(java.nio.file.Path.of("x"));
    }
  }

  public static final class UsesPattern {
    boolean find(String name) {
      return Pattern.compile("x+").matcher(name).find();
    }
  }

  public static final class SplitsByPattern {
    String[] split(String name) {
      return name.split(",");
    }
  }

  public static final class AsksTheMachine {
    Object ask() {
      return ZoneId.systemDefault();
    }
  }

  public static final class KnowsGrpc {
    Object know(io.grpc.Status status) {
      return status;
    }
  }

  public static final class Sleeps {
    void sleep() throws InterruptedException {
      Thread.sleep(1);
    }
  }

  public static final class SleepsByUnit {
    void sleep() throws InterruptedException {
      TimeUnit.MILLISECONDS.sleep(1);
    }
  }

  /** Allowed: this is what the others are told to use. */
  public static final class WaitsEventually {
    void eventually() throws InterruptedException {
      Thread.sleep(1);
    }
  }

  @Disabled
  public static final class IsDisabled {}

  public static final class HasDisabledTest {
    @Test
    @Disabled
    void forgotten() {}
  }
}
