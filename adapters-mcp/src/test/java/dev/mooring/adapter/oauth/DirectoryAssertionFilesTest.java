package dev.mooring.adapter.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.port.AssertionFiles.Reading;
import dev.mooring.domain.client.AssertionFile;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.oauth.Assertion;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;

class DirectoryAssertionFilesTest {
    private static final AssertionFile FILE = new AssertionFile("token");

    @TempDir private Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'aud':'https://as.example'} | https://as.example",
                "{'aud':['https://a.example','b']} | https://a.example b",
                "{'aud':[]} | ''",
                "{'aud':7} | ''",
                "{'sub':'me'} | ''",
                "{'aud':'a','aud':'b'} | ''",
                "no json | ''"
            },
            quoteCharacter = '"')
    void whomTheAssertionIsForIsRead(String claims, String audience) throws IOException {
        write("e30." + base64(claims.replace('\'', '"')) + ".c2ln");
        assertThat(read())
                .isInstanceOfSatisfying(
                        Reading.Read.class,
                        read ->
                                assertThat(read.audience())
                                        .containsExactlyInAnyOrderElementsOf(
                                                Arrays.stream(audience.replace("''", "").split(" "))
                                                        .filter(name -> !name.isEmpty())
                                                        .toList()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"opaque", "a.b", "a.b.c.d.e"})
    void whatIsNoJwtIsForNobody(String text) throws IOException {
        write(text);
        assertThat(read())
                .isInstanceOfSatisfying(
                        Reading.Read.class, read -> assertThat(read.audience()).isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "a.%%%.c"})
    void whatCannotBeAnAssertionIsNotRead(String text) throws IOException {
        write(text);
        assertThat(read()).isInstanceOf(Reading.Failed.class);
    }

    @Test
    void aLinkOutOfTheDirectoryIsNotFollowed(@TempDir Path elsewhere) throws IOException {
        Path target = Files.writeString(elsewhere.resolve("secret"), "a.b.c");
        Files.createSymbolicLink(directory.resolve(FILE.name()), target);
        assertThat(read()).isInstanceOf(Reading.Failed.class);
    }

    @Test
    void aFileIsReadAnewEachTime() throws IOException {
        write("first\n");
        assertThat(read()).isEqualTo(new Reading.Read(new Assertion("first"), Set.of()));

        write("second\n");
        assertThat(read()).isEqualTo(new Reading.Read(new Assertion("second"), Set.of()));
    }

    /** As Kubernetes does it: the name is a link into a folder, which is replaced as a whole. */
    @Test
    void aLinkWithinTheDirectoryIsFollowed() throws IOException {
        Path folder = Files.createDirectory(directory.resolve("..2026"));
        Files.writeString(folder.resolve(FILE.name()), "projected");
        Files.createSymbolicLink(directory.resolve("..data"), Path.of("..2026"));
        Files.createSymbolicLink(directory.resolve(FILE.name()), Path.of("..data", FILE.name()));

        assertThat(read()).isEqualTo(new Reading.Read(new Assertion("projected"), Set.of()));
    }

    @Test
    void aFolderOfTheSameBeginningIsNotTheDirectory() throws IOException {
        Path offered = Files.createDirectory(directory.resolve("offered"));
        Path beside = Files.createDirectory(directory.resolve("offered-not"));
        Files.writeString(beside.resolve("secret"), "a.b.c");
        Files.createSymbolicLink(
                offered.resolve(FILE.name()), Path.of("..", "offered-not", "secret"));

        assertFailed(new DirectoryAssertionFiles(Optional.of(offered)).read(FILE));
    }

    @Test
    void whatIsMissingOrNoFileFails() throws IOException {
        assertFailed(read());

        Files.createDirectory(directory.resolve(FILE.name()));
        assertFailed(read());
    }

    @Test
    void aFileThatIsTooLargeFails() throws IOException {
        write("a".repeat(16 * 1024));
        assertThat(read()).isInstanceOf(Reading.Read.class);

        write("a".repeat(16 * 1024) + "\n");
        assertFailed(read());
    }

    @Test
    void withoutADirectoryNothingIsOfferedOrRead() {
        DirectoryAssertionFiles none = new DirectoryAssertionFiles(Optional.empty());

        assertThat(none.areOffered()).isFalse();
        assertFailed(none.read(FILE));
    }

    /** The reason tells nothing of the file system. */
    private void assertFailed(Reading reading) {
        assertThat(reading)
                .isInstanceOfSatisfying(
                        Reading.Failed.class,
                        failed -> {
                            assertThat(failed.problem().code())
                                    .isEqualTo(Problem.Code.ASSERTION_UNREADABLE);
                            assertThat(failed.problem().message())
                                    .contains(FILE.name())
                                    .doesNotContain(directory.toString());
                        });
    }

    private Reading read() {
        return new DirectoryAssertionFiles(Optional.of(directory)).read(FILE);
    }

    private void write(String text) throws IOException {
        Files.writeString(directory.resolve(FILE.name()), text);
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
