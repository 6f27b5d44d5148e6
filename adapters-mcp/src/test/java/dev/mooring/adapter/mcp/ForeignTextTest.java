package dev.mooring.adapter.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ForeignTextTest {

    @Test
    void textIsCutBetweenCharacters() {
        assertThat(ForeignText.bounded("a🌍b", 2)).isEqualTo("a");
        assertThat(ForeignText.bounded("a🌍b", 3)).isEqualTo("a🌍");
    }

    @Test
    void whatNoStoreOrTerminalShouldMeetIsReplaced() {
        assertThat(ForeignText.bounded("a\u0000\u001b\ud800\u0085\n\tb", 99))
                .isEqualTo("a\uFFFD\uFFFD\uFFFD\uFFFD\n\tb");
    }

    @Test
    void aLogGetsOneShortLine() {
        assertThat(ForeignText.loggable("a\nb".repeat(99))).hasSize(64).doesNotContain("\n");
    }

    @Test
    void jsonThatNoStoreCanKeepIsRecognised() {
        assertThat(ForeignText.isStorable("{\"a\":\"世界\"}")).isTrue();
        assertThat(ForeignText.isStorable("{\"a\":\"\ud800\"}")).isFalse();
        assertThat(ForeignText.isStorable("{\"a\":\"\\u0000\"}")).isFalse();
        assertThat(ForeignText.isStorable("{\"a\":\"[^\\\\u0000]\"}")).isTrue();
        assertThat(ForeignText.isStorable("{\"a\":\"\\\\\\u0000\"}")).isFalse();
    }
}
