package dev.mooring.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

class CommandsTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @ParameterizedTest
    @ValueSource(
            strings = {"bogus", "--bogus", "keys bogus", "keys retire", "keys rotate --wait x"})
    void whatMakesNoSenseIsNamedAndExitsWithTwo(String line) {
        assertThat(execute(line)).hasValue(2);
        assertThat(text(err)).startsWith("mooring: ").contains("Try: mooring").contains("--help");
        assertThat(text(out)).isEmpty();
    }

    @Test
    void helpListsTheCommandsAndTheVersionIsOneLine() {
        assertThat(execute("--help")).hasValue(0);
        assertThat(text(out)).contains("serve", "keys", "admin-key", "MOORING_*");
        out.reset();
        assertThat(execute("--version")).hasValue(0);
        assertThat(text(out).lines()).singleElement().asString().startsWith("Mooring ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"serve", "keys", "keys status", "keys rotate", "keys retire", "admin-key"})
    void everyCommandExplainsItself(String command) {
        assertThat(execute(command + " --help")).hasValue(0);
        assertThat(text(out)).startsWith("Usage: mooring " + command);
    }

    @Test
    void aNewKeyIsPrintedAndNothingElse() {
        assertThat(execute("keys new")).hasValue(0);
        assertThat(text(out)).matches("key-[0-9a-f]{8} [A-Za-z0-9+/]{43}=\n");
        assertThat(text(err)).isEmpty();
    }

    @Test
    void aFailureWithoutAMessageIsNamedByItsKind() {
        new Commands(stream(out), stream(err)).fail(new IllegalStateException());
        assertThat(text(err)).isEqualTo("mooring: java.lang.IllegalStateException\n");
    }

    private OptionalInt execute(String line) {
        return new Commands(stream(out), stream(err)).execute(line.split(" ", -1));
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private static String text(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
