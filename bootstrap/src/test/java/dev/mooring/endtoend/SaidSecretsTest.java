package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.party.KnownSecrets;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;

/** What is noticed of the output of a process, here one that says what it is told to say. */
final class SaidSecretsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String ADMIN_KEY = "mrg_0123456789012345678901234567890123456789abc";

    private final String secret = KnownSecrets.remember("made-" + UUID.randomUUID());

    @Test
    void aSecretIsNoticedOnceAndNotRepeated() {
        say("nothing", "token: " + secret + "!");

        assertThatThrownBy(SaidSecrets::searchOutput)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("token: [a secret]!")
                .hasMessageNotContainingAny(secret, "nothing");
        assertThatCode(SaidSecrets::searchOutput).doesNotThrowAnyException();
    }

    @Test
    void whatIsSaidAfterASearchIsForTheNextOne() {
        String lastWords = "trap 'echo late " + secret + "; exit' TERM; ";
        try (ChildProcess process = start(lastWords + "echo early; while :; do sleep 0.1; done")) {
            process.awaitLine(Pattern.compile("early"), PATIENCE);
            assertThatCode(SaidSecrets::searchOutput).doesNotThrowAnyException();

            process.terminate();
            process.awaitExit(PATIENCE);

            assertThatThrownBy(SaidSecrets::searchOutput).hasMessageContaining("late [a secret]");
        }
    }

    @Test
    void theAdminKeyIsShownOnceInOneWayOnly() {
        say("Admin key (shown this once): " + ADMIN_KEY);
        assertThatCode(SaidSecrets::searchOutput).doesNotThrowAnyException();

        say("The admin key: " + ADMIN_KEY);
        assertThatThrownBy(SaidSecrets::searchOutput)
                .hasMessageContaining("The admin key: [a secret]");
    }

    private static void say(String... lines) {
        try (ChildProcess process = start("printf '%s\\n' '" + String.join("' '", lines) + "'")) {
            process.awaitExit(PATIENCE);
        }
    }

    private static ChildProcess start(String script) {
        return SaidSecrets.watch(
                ChildProcess.start(List.of("sh", "-c", script), Path.of("."), Map.of()));
    }
}
