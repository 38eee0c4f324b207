package dev.tallygate.server.catalog;

import dev.tallygate.proto.log.v1.Calendar;
import dev.tallygate.proto.log.v1.ConcurrentSession;
import dev.tallygate.proto.log.v1.Entitlement;
import dev.tallygate.proto.log.v1.LimitOverride;
import dev.tallygate.proto.log.v1.Metered;
import dev.tallygate.proto.log.v1.NamedUser;
import dev.tallygate.proto.log.v1.Overage;
import dev.tallygate.proto.log.v1.Reservation;
import dev.tallygate.proto.log.v1.Scope;
import dev.tallygate.proto.log.v1.Site;
import dev.tallygate.server.Shown;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Writes an entitlement as canonical YAML: every key with its value, in the order of the reader.
 */
final class EntitlementWriter {
  private EntitlementWriter() {}

  static void write(Entitlement entitlement, StringBuilder out) {
    line(out, "apiVersion", EntitlementReader.API_VERSION);
    line(out, "kind", "Entitlement");
    line(out.append("metadata:\n  "), "name", quote(entitlement.getName()));
    StringBuilder spec = new StringBuilder();
    spec(entitlement, spec);
    out.append("spec:\n").append(spec.toString().indent(2));
  }

  private static void spec(Entitlement entitlement, StringBuilder out) {
    line(
        out,
        "model",
        switch (entitlement.getModelCase()) {
          case METERED -> "metered";
          case NAMED_USER -> "named-user";
          case SITE -> "site";
          default -> "concurrent-session";
        });
    if (!entitlement.hasSite()) line(out, "limit", Long.toString(entitlement.getLimit()));
    if (entitlement.getPartitionByCount() > 0) partitions(entitlement, out);
    if (entitlement.getObserve()) line(out, "enforcement", "observe");
    if (!entitlement.getFallback().isEmpty())
      line(out, "fallback", quote(entitlement.getFallback()));
    if (entitlement.hasOverage()) overage(entitlement.getOverage(), out);
    reservations(entitlement, out);
    if (entitlement.getThresholdsCount() > 0)
      line(out, "thresholds", entitlement.getThresholdsList().toString());
    if (entitlement.getFeaturesCount() > 0)
      line(out, "features", list(entitlement.getFeaturesList()));
    switch (entitlement.getModelCase()) {
      case METERED -> metered(entitlement.getMetered(), out);
      case NAMED_USER -> seats(entitlement.getNamedUser(), out);
      case SITE -> site(entitlement.getSite(), out);
      default -> {
        if (entitlement.getHolderMax() > 0)
          line(out, "max-per-holder", Long.toString(entitlement.getHolderMax()));
        lease(entitlement.getConcurrentSession(), out);
      }
    }
  }

  private static void reservations(Entitlement entitlement, StringBuilder out) {
    String last = "";
    for (Reservation reservation : entitlement.getReservationsList()) {
      if (last.isEmpty()) out.append("reservations:\n");
      String attribute = String.join(".", reservation.getPathList());
      if (!attribute.equals(last)) out.append("  ").append(quote(attribute)).append(":\n");
      last = attribute;
      line(
          out.append("    "), quote(reservation.getValue()), Long.toString(reservation.getUnits()));
    }
  }

  private static void overage(Overage overage, StringBuilder out) {
    out.append("overage:\n  ");
    if (overage.getUnlimited()) line(out, "unlimited", "true");
    else if (overage.getPercent() > 0) line(out, "percent", Integer.toString(overage.getPercent()));
    else line(out, "units", Long.toString(overage.getUnits()));
    if (overage.getForUs() > 0) line(out.append("  "), "for", Durations.format(overage.getForUs()));
  }

  private static void seats(NamedUser seats, StringBuilder out) {
    out.append("seats:\n");
    line(out.append("  "), "assignment", seats.getAssignedOnly() ? "by-administrator" : "on-use");
    line(out.append("  "), "cool-down", Durations.format(seats.getCoolDownUs()));
    if (seats.getIdleAfterUs() > 0)
      line(out.append("  "), "idle-after", Durations.format(seats.getIdleAfterUs()));
  }

  private static void site(Site site, StringBuilder out) {
    out.append("window:\n");
    calendar(site.getCalendar(), site.getTimeZone(), out);
    if (site.getScopeCount() == 0) return;
    out.append("scope:\n");
    for (Scope scope : site.getScopeList()) {
      String path = quote(String.join(".", scope.getPathList()));
      line(out.append("  "), path, list(scope.getValuesList()));
    }
  }

  private static String list(List<String> texts) {
    return texts.stream().map(EntitlementWriter::quote).collect(Collectors.joining(", ", "[", "]"));
  }

  private static void partitions(Entitlement entitlement, StringBuilder out) {
    line(out, "partition-by", quote(String.join(".", entitlement.getPartitionByList())));
    line(out, "partitions-max", Long.toString(entitlement.getPartitionsMax()));
    if (entitlement.getLimitOverridesCount() == 0) return;
    out.append("limit-overrides:\n");
    for (LimitOverride override : entitlement.getLimitOverridesList())
      line(out.append("  "), quote(override.getPartition()), Long.toString(override.getLimit()));
  }

  private static void lease(ConcurrentSession lease, StringBuilder out) {
    out.append("lease:\n");
    line(out.append("  "), "ttl", Durations.format(lease.getTtlUs()));
    line(out.append("  "), "ttl-max", Durations.format(lease.getTtlMaxUs()));
    line(out.append("  "), "grace", Durations.format(lease.getGraceUs()));
    line(out.append("  "), "linger", Durations.format(lease.getLingerUs()));
    line(
        out.append("  "),
        "sharing",
        switch (lease.getSharing()) {
          case SHARING_SUBJECT -> "subject";
          case SHARING_SUBJECT_AND_DEVICE -> "subject-and-device";
          default -> "session";
        });
  }

  private static void metered(Metered metered, StringBuilder out) {
    out.append("window:\n");
    if (metered.getRollingUs() > 0) {
      line(out.append("  "), "rolling", Durations.format(metered.getRollingUs()));
      line(out.append("  "), "slices", Integer.toString(metered.getSlices()));
    } else {
      calendar(metered.getCalendar(), metered.getTimeZone(), out);
    }
    out.append("hold:\n");
    line(out.append("  "), "ttl", Durations.format(metered.getHoldTtlUs()));
    line(out.append("  "), "on-expiry", metered.getHoldExpiryCancels() ? "cancel" : "charge");
  }

  private static void calendar(Calendar calendar, String timeZone, StringBuilder out) {
    String unit = calendar.name().substring("CALENDAR_".length()).toLowerCase(Locale.ROOT);
    line(out.append("  "), "calendar", unit);
    line(out.append("  "), "time-zone", quote(timeZone));
  }

  private static void line(StringBuilder out, String key, String value) {
    out.append(key).append(": ").append(value).append('\n');
  }

  /** Quotes what YAML could read as something else than the text. */
  private static String quote(String text) {
    if (text.matches("[A-Za-z][A-Za-z0-9._/-]*") && !isWord(text)) return text;
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints().forEach(rune -> escape(rune, quoted));
    return quoted.append('"').toString();
  }

  private static boolean isWord(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "y", "n", "yes", "no", "on", "off", "true", "false", "null" -> true;
      default -> false;
    };
  }

  private static void escape(int rune, StringBuilder out) {
    if (rune == '"' || rune == '\\') out.append('\\').appendCodePoint(rune);
    else if (rune > 0xFFFF && Shown.isHarmful(rune))
      out.append(String.format(Locale.ROOT, "\\U%08X", rune));
    else if (rune < 0x20 || (rune >= 0x7F && rune <= 0xFFFF && !Character.isLetter(rune)))
      out.append(String.format(Locale.ROOT, "\\u%04X", rune));
    else out.appendCodePoint(rune);
  }
}
