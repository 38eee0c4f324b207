package dev.tallygate.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ShownTest {
  @Test
  void text_controlsFormatsAndSeparators_becomeQuestionMarks() {
    assertThat(Shown.text("a\u001b[2J\u009b1m\u202e\u2066\u200b\u2028\u2029\r\n\t\u007fb"))
        .isEqualTo("a?[2J?1m????????" + "?b");
    assertThat(Shown.text("tag \udb40\udc01, lone \ud800.")).isEqualTo("tag ?, lone ?.");
  }

  @Test
  void text_ofPeople_staysAsItIs() {
    String names = "Łukasz Müller, 王小明, नमस्ते, 😀 100 % ok";
    assertThat(Shown.text(names)).isEqualTo(names);
  }

  @Test
  void lines_keepsLineFeedsAlone() {
    assertThat(Shown.lines("one\ntwo\r\n\u001b")).isEqualTo("one\ntwo?\n?");
  }
}
