package dev.mooring.domain.oauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.Refused;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

class ScopesTest {

    @Test
    void theSpaceSeparatedFormIsReadAndWritten() {
        Scopes scopes = Scopes.parse("read  write read files:list");
        assertThat(scopes).isEqualTo(Scopes.of("read", "write", "files:list"));
        assertThat(scopes.parameter()).contains("read write files:list");
    }

    @Test
    void noScopesLeaveTheParameterOut() {
        assertThat(Scopes.parse("")).isEqualTo(Scopes.NONE);
        assertThat(Scopes.parse("   ")).isEqualTo(Scopes.NONE);
        assertThat(Scopes.NONE.parameter()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a\"b", "a\\b", "é", "a\n", "a\u007f"})
    void whatIsNoScopeTokenIsRefusedOrPassedOver(String token) {
        Refused.naming("oauth_config.scopes", () -> Scopes.of("ok", token));
        assertThat(Scopes.lenient(List.of("ok", token))).isEqualTo(Scopes.of("ok"));
    }

    @Test
    void foreignListsAreCutAndOurOwnRefused() {
        List<String> many = IntStream.range(0, 500).mapToObj(i -> "s" + i).toList();
        assertThat(Scopes.lenient(many).tokens()).hasSize(200).startsWith("s0", "s1");
        assertThat(Scopes.lenient(List.of("a".repeat(257), "b"))).isEqualTo(Scopes.of("b"));
        assertThatThrownBy(() -> new Scopes(many)).isInstanceOf(InvalidValueException.class);
    }

    @Test
    void aUnionKeepsTheOrderAndAddsWhatIsMissing() {
        assertThat(Scopes.of("b", "a").union(Scopes.of("a", "c")))
                .isEqualTo(Scopes.of("b", "a", "c"));
    }

    @Test
    void aUnionContainsBothAndNothingElse() {
        Random random = new Random(7);
        for (int round = 0; round < 500; round++) {
            Scopes one = some(random);
            Scopes other = some(random);
            Scopes union = one.union(other);
            assertThat(union.tokens().subList(0, one.tokens().size())).isEqualTo(one.tokens());
            assertThat(union.tokens()).containsAll(other.tokens());
            assertThat(union.tokens())
                    .allMatch(token -> one.contains(token) || other.contains(token));
            assertThat(union.union(other)).isEqualTo(union);
            assertThat(Scopes.parse(union.parameter().orElse(""))).isEqualTo(union);
        }
    }

    private static Scopes some(Random random) {
        return new Scopes(
                IntStream.range(0, random.nextInt(6))
                        .mapToObj(i -> "s" + random.nextInt(8))
                        .toList());
    }
}
