package dev.mooring.domain.oauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

class AccessChallengeTest {

    /** One {@code WWW-Authenticate} field a row, and what of it is ours; "-" is nothing. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                // the grammar of RFC 9110 section 11.6.1 and RFC 6750 section 3
                "Bearer | - | - | -",
                "Bearer error=\"invalid_token\" | invalid_token | - | -",
                "Bearer error=invalid_token | invalid_token | - | -",
                "Bearer realm=\"x\", scope=\"read write\" | - | read write | -",
                "Bearer realm=\"x\",scope=\"read\",error=\"a\" | a | read | -",
                "Bearer error = \"invalid_token\" , scope = \"a\" | invalid_token | a | -",
                "Bearer\terror=\"a\",\tscope=\"b\" | a | b | -",
                // schemes and names in any case
                "bearer ERROR=\"a\" | a | - | -",
                "BEARER Resource_Metadata=\"https://m/x\" | - | - | https://m/x",
                // RFC 9728 section 5.1; some servers leave the quotes out
                "Bearer resource_metadata=\"https://m/x?y=1,2\" | - | - | https://m/x?y=1,2",
                "Bearer resource_metadata=https://m/x, scope=\"a\" | - | a | https://m/x",
                // quoted commas, blanks, equals signs and escapes
                "Bearer realm=\"a, Basic b=c\", error=\"d\" | d | - | -",
                "Bearer realm=\"say \\\"hi\\\", error=x\", error=\"d\" | d | - | -",
                "Bearer scope=\"a\\bc\" | - | abc | -",
                "Bearer scope=\"\" | - | - | -",
                // several challenges in one field
                "Basic realm=\"x\", Bearer error=\"a\" | a | - | -",
                "Bearer error=\"a\", Basic realm=\"x\", error=\"b\" | a | - | -",
                "Basic, Bearer error=\"a\" | a | - | -",
                "Bearer, Basic error=\"a\" | - | - | -",
                "Basic realm=\"x\" Bearer error=\"a\" | a | - | -",
                "Bearer error=\"a\", Bearer error=\"b\" | a | - | -",
                ", , Bearer error=\"a\" ,, scope=\"b\" , | a | b | -",
                // token68, padded or not
                "Negotiate YWJj, Bearer error=\"a\" | a | - | -",
                "Negotiate YWI=, Bearer error=\"a\" | a | - | -",
                "Negotiate YQ==, Bearer error=\"a\" | a | - | -",
                "Negotiate YQ== , Bearer error=\"a\" | a | - | -",
                "Negotiate bearer, Bearer error=\"a\" | a | - | -",
                "Bearer YQ==, Basic realm=\"x\" | - | - | -",
                // a parameter given twice: nobody can overwrite what stands first
                "Bearer error=\"a\", error=\"b\" | a | - | -",
                // what breaks the grammar ends the reading, not the reader
                "Bearer error=\"a | a | - | -",
                "Bearer error=\"a\\ | unspecified_error | - | -",
                "Bearer error=, scope=\"b\" | - | b | -",
                "Bearer error=\"a\" ; scope=\"b\" | a | - | -",
                "Bearer @ error=\"a\" | - | - | -",
                "error=\"a\", Bearer scope=\"b\" | - | - | -",
                "Basic realm=\"Bearer error=a\" | - | - | -",
                "MyBearer error=\"a\" | - | - | -",
                // what is no plausible error code does not travel further
                "Bearer error=\"<script>\" | unspecified_error | - | -",
            })
    void aFieldIsReadByTheGrammar(String field, String error, String scope, String metadata) {
        AccessChallenge challenge = AccessChallenge.parse(List.of(field));
        assertThat(challenge.error()).isEqualTo(unlessDash(error).map(OAuthError::new));
        assertThat(challenge.scope()).isEqualTo(Scopes.parse(unlessDash(scope).orElse("")));
        assertThat(challenge.resourceMetadata()).isEqualTo(unlessDash(metadata));
    }

    /** Fields of one answer with ";" between them, and the schemes and algorithms offered. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "Bearer | BEARER | -",
                "DPoP | DPOP | -",
                "dpop algs=\"ES256 PS256\" | DPOP | ES256 PS256",
                "DPoP algs=ES256 | DPOP | ES256",
                "DPoP algs=\"\" | DPOP | -",
                "Bearer realm=\"x\", DPoP algs=\"ES256\" | BEARER DPOP | ES256",
                "Bearer ; DPoP algs=\"ES256\" | BEARER DPOP | ES256",
                "DPoP algs=\"ES256\", DPoP algs=\"RS256\" | DPOP | ES256",
                "Bearer algs=\"RS256\" | BEARER | -",
                "Basic realm=\"DPoP\" | - | -",
            })
    void theSchemesAreThoseThatTheServerOffers(String fields, String schemes, String algorithms) {
        AccessChallenge challenge = AccessChallenge.parse(List.of(fields.split(" ; ")));
        assertThat(challenge.schemes()).extracting(Enum::name).hasSameElementsAs(words(schemes));
        assertThat(challenge.proofAlgorithms()).hasSameElementsAs(words(algorithms));
    }

    /** Two challenges of one answer are one refusal: what either says counts, DPoP's first. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "DPoP error=\"invalid_token\", Bearer error=\"other\", scope=\"a\"",
                "Bearer error=\"other\", scope=\"a\", DPoP error=\"invalid_token\"",
                "Bearer scope=\"a\", DPoP error=\"invalid_token\"",
                "Bearer error=\"invalid_token\", DPoP scope=\"a\"",
            })
    void theChallengesOfOneAnswerAreReadAsOne(String field) {
        AccessChallenge challenge = AccessChallenge.parse(List.of(field));
        assertThat(challenge.error()).contains(OAuthError.INVALID_TOKEN);
        assertThat(challenge.scope()).isEqualTo(Scopes.of("a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", ",", "=", "\"", "\\", "Basic realm=\"x\"", "é", "Bear\0er"})
    void aFieldWithoutOurSchemeSaysNothing(String field) {
        assertThat(AccessChallenge.parse(List.of(field))).isEqualTo(AccessChallenge.SILENT);
    }

    @Test
    void noFieldSaysNothing() {
        assertThat(AccessChallenge.parse(List.of())).isEqualTo(AccessChallenge.SILENT);
    }

    @Test
    void theFirstBearerChallengeOfSeveralFieldsCounts() {
        assertThat(
                        AccessChallenge.parse(
                                List.of(
                                        "Basic realm=\"x\"",
                                        "Bearer error=\"first\"",
                                        "Bearer error=\"second\"")))
                .extracting(AccessChallenge::error)
                .isEqualTo(Optional.of(new OAuthError("first")));
    }

    @Test
    void aFieldThatIsTooLongIsNotRead() {
        String padding = "x".repeat(8192);
        assertThat(AccessChallenge.parse(List.of("Bearer error=\"a\", realm=\"" + padding + "\"")))
                .isEqualTo(AccessChallenge.SILENT);
    }

    @Test
    void onlyInsufficientScopeAsksForMoreScope() {
        assertThat(AccessChallenge.parse(List.of("Bearer error=\"insufficient_scope\"")))
                .matches(AccessChallenge::asksForMoreScope);
        assertThat(AccessChallenge.parse(List.of("Bearer error=\"invalid_token\", scope=\"a\"")))
                .matches(challenge -> !challenge.asksForMoreScope());
    }

    @Test
    void noGarbageMakesItThrow() {
        String alphabet = "Bearer bearer error= scope=\"a b\" , , = \" \\ \t é \0 == / x";
        Random random = new Random(42);
        for (int round = 0; round < 20_000; round++) {
            String field = randomText(alphabet, random);
            assertThatNoException()
                    .as(field)
                    .isThrownBy(() -> AccessChallenge.parse(List.of(field, field)));
        }
    }

    /** Whatever stands around it, a well-formed challenge at the start is read. */
    @Test
    void garbageBehindAChallengeDoesNotHideIt() {
        Random random = new Random(43);
        for (int round = 0; round < 5_000; round++) {
            String field =
                    "Bearer error=\"invalid_token\", scope=\"a\""
                            + randomText(", = \" \\ \t é \0 error=\"b\" Basic", random);
            assertThat(AccessChallenge.parse(List.of(field)).error())
                    .as(field)
                    .contains(OAuthError.INVALID_TOKEN);
        }
    }

    private static String randomText(String alphabet, Random random) {
        return IntStream.range(0, random.nextInt(60))
                .mapToObj(i -> {
                    int from = random.nextInt(alphabet.length());
                    int to = Math.min(alphabet.length(), from + 1 + random.nextInt(8));
                    return alphabet.substring(from, to);
                })
                .collect(Collectors.joining());
    }

    private static List<String> words(String text) {
        return unlessDash(text).map(words -> List.of(words.split(" "))).orElse(List.of());
    }

    private static Optional<String> unlessDash(String text) {
        return text.equals("-") ? Optional.empty() : Optional.of(text);
    }
}
