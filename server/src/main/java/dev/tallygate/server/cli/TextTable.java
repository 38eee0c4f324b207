package dev.tallygate.server.cli;

import dev.tallygate.server.Shown;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows under headings, aligned: numbers to the right, text to the left. Where a row would be wider
 * than the terminal, the widest columns of text are cut short and say so by an ellipsis. Ids are
 * never cut: half of one is worth nothing.
 */
final class TextTable {
  /** How a column may be shown. */
  enum Column {
    NUMBER,
    TEXT,
    ID
  }

  private static final String GAP = "  ";
  private static final int TEXT_WIDTH_MIN = 6;
  private static final int WIDTH_DEFAULT = 100;
  private static final int WIDTH_MIN = 40;

  private final List<Column> columns = new ArrayList<>();
  private final List<String> headings = new ArrayList<>();
  private final List<List<String>> rows = new ArrayList<>();

  TextTable column(String heading, Column as) {
    headings.add(heading);
    columns.add(as);
    return this;
  }

  /** Adds a row; what callers chose is shown harmless. */
  void row(String... cells) {
    if (cells.length != columns.size()) throw new IllegalArgumentException("cells");
    List<String> clean = new ArrayList<>();
    for (String cell : cells) clean.add(Shown.text(cell));
    rows.add(clean);
  }

  /** Characters of a line of the terminal, as far as anybody says. */
  static int terminalWidth() {
    String columns = System.getenv("COLUMNS");
    if (columns == null || !columns.matches("[0-9]{1,4}")) return WIDTH_DEFAULT;
    return Math.max(WIDTH_MIN, Integer.parseInt(columns));
  }

  /**
   * @param width characters of a line
   */
  String text(int width) {
    int[] widths = widths(width);
    StringBuilder out = new StringBuilder();
    line(headings, widths, out);
    for (List<String> row : rows) line(row, widths, out);
    return out.toString();
  }

  private int[] widths(int width) {
    int[] widths = new int[columns.size()];
    int sum = GAP.length() * (widths.length - 1);
    for (int i = 0; i < widths.length; i++) {
      widths[i] = headings.get(i).length();
      for (List<String> row : rows) widths[i] = Math.max(widths[i], length(row.get(i)));
      sum += widths[i];
    }
    for (; sum > width; sum--) {
      int widest = widestText(widths);
      if (widest < 0) break;
      widths[widest]--;
    }
    return widths;
  }

  private int widestText(int[] widths) {
    int widest = -1;
    for (int i = 0; i < widths.length; i++) {
      boolean shrinks =
          columns.get(i) == Column.TEXT
              && widths[i] > Math.max(TEXT_WIDTH_MIN, headings.get(i).length());
      if (shrinks && (widest < 0 || widths[i] > widths[widest])) widest = i;
    }
    return widest;
  }

  private void line(List<String> cells, int[] widths, StringBuilder out) {
    int start = out.length();
    for (int i = 0; i < widths.length; i++) {
      if (i > 0) out.append(GAP);
      String cell = cut(cells.get(i), widths[i]);
      String blanks = " ".repeat(widths[i] - length(cell));
      if (columns.get(i) == Column.NUMBER) out.append(blanks).append(cell);
      else out.append(cell).append(blanks);
    }
    int end = out.length();
    while (end > start && out.charAt(end - 1) == ' ') end--;
    out.setLength(end);
    out.append('\n');
  }

  private static int length(String cell) {
    return cell.codePointCount(0, cell.length());
  }

  private static String cut(String cell, int width) {
    if (length(cell) <= width) return cell;
    return cell.substring(0, cell.offsetByCodePoints(0, width - 1)) + "…";
  }
}
