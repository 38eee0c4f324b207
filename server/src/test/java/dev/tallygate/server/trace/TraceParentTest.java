package dev.tallygate.server.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.SpanContext;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** W3C Trace Context, level 1, section 3.2. */
class TraceParentTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String SPAN = "b7ad6b7169203331";

  @Test
  void validHeader_isRead() {
    SpanContext context =
        Objects.requireNonNull(Traces.TraceParent.parse("00-" + TRACE + "-" + SPAN + "-01"));

    assertThat(context.getTraceId()).isEqualTo(TRACE);
    assertThat(context.getSpanId()).isEqualTo(SPAN);
    assertThat(context.isSampled()).isTrue();
    assertThat(context.isRemote()).isTrue();
  }

  @Test
  void laterVersion_isReadAsFarAsItIsKnown() {
    assertThat(Traces.TraceParent.parse("42-" + TRACE + "-" + SPAN + "-00-more")).isNotNull();
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "00",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "42-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
        "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
      })
  void whatIsNotValid_isAsIfThereWereNone(String header) {
    assertThat(Traces.TraceParent.parse(header)).isNull();
  }

  @Test
  void betweenNodes_itIsCarriedWhole() {
    SpanContext context =
        Objects.requireNonNull(Traces.TraceParent.parse("00-" + TRACE + "-" + SPAN + "-01"));

    assertThat(Traces.TraceParent.read(Traces.TraceParent.write(context))).isEqualTo(context);
  }
}
