package dev.tallygate.client;

import java.util.regex.Pattern;

/** Tells the addresses of this machine, which plaintext does not leave. */
final class Loopback {
  private static final Pattern OWN =
      Pattern.compile(
          "(localhost|127(\\.\\d{1,3}){3}|\\[::1\\])(:\\d{1,5})?", Pattern.CASE_INSENSITIVE);

  private Loopback() {}

  /** Of a target as it is written: a name that has to be looked up is nobody's word. */
  static boolean is(String target) {
    return OWN.matcher(target).matches();
  }
}
