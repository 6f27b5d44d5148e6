package dev.mooring.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.System.Logger;
import java.util.logging.Handler;
import java.util.logging.LogManager;

class LoggingTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    @AfterEach
    void giveTheLoggersBack() throws IOException {
        for (Handler handler : java.util.logging.Logger.getLogger("").getHandlers()) {
            handler.close();
        }
        LogManager.getLogManager().readConfiguration();
    }

    @Test
    void aRecordIsOneLineOfJson() throws IOException {
        start(Logging.Level.INFO, Logging.Format.JSON);

        ours().log(Logger.Level.WARNING, "Something about {0}\nand {1}", "this", "\"that\"");

        JsonNode line = new ObjectMapper().readTree(written.toString(UTF_8));
        assertThat(written.toString(UTF_8).strip()).doesNotContain("\n");
        assertThat(line.get("level").asText()).isEqualTo("warning");
        assertThat(line.get("message").asText()).isEqualTo("Something about this\nand \"that\"");
    }

    @Test
    void foreignTextCannotForgeALineOfText() {
        start(Logging.Level.INFO, Logging.Format.TEXT);

        ours().log(Logger.Level.INFO, "name: {0}", "x\n2026-01-01T00:00:00Z error   forged");

        assertThat(written.toString(UTF_8).lines()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void foreignTextInAStackTraceCannotForgeALine(Logging.Format format) {
        start(Logging.Level.INFO, format);
        String foreign = "x\n2026-01-01T00:00:00Z error   forged\u001b[2J\r\u0085";
        Exception suppressed = new IllegalStateException(foreign);
        Exception thrown = new IllegalStateException(foreign, new IOException(foreign));
        thrown.addSuppressed(suppressed);

        ours().log(Logger.Level.ERROR, "It failed", thrown);

        assertThat(written.toString(UTF_8).lines())
                .noneMatch(line -> line.startsWith("2026-01-01"))
                .anyMatch(line -> line.contains("foreignTextInAStackTraceCannotForgeALine"))
                .anyMatch(line -> line.contains("Caused by: java.io.IOException"));
        assertThat(written.toString(UTF_8)).doesNotContain("\u001b", "\r", "\u0085");
    }

    @Test
    void theLevelHoldsForUsAndLibrariesAreHeardFromWarningsUp() {
        start(Logging.Level.DEBUG, Logging.Format.TEXT);

        ours().log(Logger.Level.DEBUG, "ours");
        System.getLogger("org.library").log(Logger.Level.INFO, "chatter");
        System.getLogger("org.library").log(Logger.Level.ERROR, "trouble");

        assertThat(written.toString(UTF_8)).contains("ours", "trouble").doesNotContain("chatter");
    }

    private void start(Logging.Level level, Logging.Format format) {
        Logging.start(level, format, new PrintStream(written, true, UTF_8));
    }

    private static Logger ours() {
        return System.getLogger("dev.mooring.bootstrap.sample");
    }
}
