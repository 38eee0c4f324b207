package dev.tallygate.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TextTableTest {
  private static TextTable table() {
    TextTable table =
        new TextTable()
            .column("ID", TextTable.Column.ID)
            .column("NAME", TextTable.Column.TEXT)
            .column("N", TextTable.Column.NUMBER);
    table.row("0123456789", "a-name-that-is-quite-long", "7");
    table.row("x", "short", "12345");
    return table;
  }

  @Test
  void text_wideTerminal_alignsEverything() {
    assertThat(table().text(80))
        .isEqualTo(
            """
            ID          NAME                           N
            0123456789  a-name-that-is-quite-long      7
            x           short                      12345
            """);
  }

  @Test
  void text_narrowTerminal_cutsTextAndNeverIds() {
    assertThat(table().text(30))
        .isEqualTo(
            """
            ID          NAME             N
            0123456789  a-name-tha…      7
            x           short        12345
            """);
    assertThat(table().text(1)).contains("0123456789").contains("12345");
  }

  @Test
  void row_controlCharacters_neverReachTheTerminal() {
    TextTable table = new TextTable().column("NAME", TextTable.Column.TEXT);
    table.row("a\u001b[2Jb\nc");
    assertThat(table.text(80)).isEqualTo("NAME\na?[2Jb?c\n");
  }

  @Test
  void span_anyLength_hasTwoUnits() {
    assertThat(Lists.span(-3)).isEqualTo("0s");
    assertThat(Lists.span(61)).isEqualTo("1m1s");
    assertThat(Lists.span(7_260)).isEqualTo("2h1m");
    assertThat(Lists.span(90_000)).isEqualTo("1d1h");
  }
}
