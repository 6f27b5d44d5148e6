package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.Race;
import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeyDigest;
import dev.mooring.domain.access.ApiKeyId;
import dev.mooring.domain.access.ApiKeySecret;
import dev.mooring.domain.access.Permission;
import dev.mooring.domain.access.Role;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What every {@link ApiKeyStore} must keep. */
public abstract class ApiKeyStoreContract extends StoreContract {

    @Test
    void aKeyComesBackAsItWasAndIsFoundByItsDigest() {
        ApiKey forEver = key(1);
        ApiKey forAWhile =
                ApiKey.made(
                        new ApiKeyId("key_2"),
                        "reader",
                        Role.OPERATOR,
                        Optional.of(Set.of(Permission.READ_CLIENTS, Permission.EXECUTE_TOOLS)),
                        digest("secret-2"),
                        MutableClock.START.plusSeconds(1),
                        Optional.of(MutableClock.START.plusSeconds(60)));
        assertThat(keys().insert(forEver)).isTrue();
        assertThat(keys().insert(forAWhile)).isTrue();

        assertThat(keys().find(digest("secret-1"))).contains(forEver);
        assertThat(keys().find(digest("secret-2"))).contains(forAWhile);
        assertThat(keys().find(digest("secret-3"))).isEmpty();
    }

    @Test
    void keysAreListedInTheOrderInWhichTheyWereMade() {
        List<ApiKey> made = List.of(key(3), key(4), key(7), key(11));
        made.forEach(keys()::insert);
        assertThat(keys().list()).isEqualTo(made);
    }

    @Test
    void aNameIsGivenOnce() {
        keys().insert(key(1));
        assertThat(keys().insert(like(key(2), "name-1", "secret-2"))).isFalse();
        assertThat(keys().list()).containsExactly(key(1));
    }

    @Test
    void aSecretIsGivenOnce() {
        keys().insert(key(1));
        assertThat(keys().insert(like(key(2), "name-2", "secret-1"))).isFalse();
        assertThat(keys().list()).containsExactly(key(1));
    }

    @Test
    void aSecretIsGivenOnceWhateverItsKeyMayDo() {
        Optional<Set<Permission>> few = Optional.of(Set.of(Permission.READ_CLIENTS));
        keys().insert(key(1));
        assertThat(keys().insert(like(key(2), "name-2", "secret-1", few))).isFalse();
        keys().insert(like(key(3), "name-3", "secret-3", few));
        assertThat(keys().insert(like(key(4), "name-4", "secret-3"))).isFalse();
        assertThat(keys().list()).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void everyRoleComesBack(Role role) {
        ApiKey key =
                ApiKey.made(
                        new ApiKeyId("key_1"),
                        "somebody",
                        role,
                        Optional.of(role.permissions()),
                        digest("secret"),
                        MutableClock.START,
                        Optional.empty());
        keys().insert(key);
        assertThat(keys().find(digest("secret"))).contains(key);
    }

    @Test
    void aUseIsNotedCoarsely() {
        keys().insert(key(1));
        keys().insert(key(2));
        Instant at = MutableClock.START.plusSeconds(1000);

        keys().recordUse(key(1).id(), at);
        keys().recordUse(key(1).id(), at.plusSeconds(59));
        keys().recordUse(key(1).id(), at.minusSeconds(600));
        assertThat(keys().list()).containsExactly(key(1).usedAt(at), key(2));

        keys().recordUse(key(1).id(), at.plusSeconds(60));
        keys().recordUse(key(3).id(), at);
        assertThat(keys().find(digest("secret-1"))).contains(key(1).usedAt(at.plusSeconds(60)));
        assertThat(keys().list()).hasSize(2);
    }

    @Test
    void aDeletedKeyIsGone() {
        keys().insert(key(1));
        assertThat(keys().delete(key(1).id())).isTrue();
        assertThat(keys().find(key(1).digest())).isEmpty();
        assertThat(keys().delete(key(1).id())).isFalse();
    }

    @Test
    void aReplacedKeyLeavesItsNameToTheNewOneAndNothingElse() {
        keys().insert(key(1));
        keys().insert(key(2));
        ApiKey anew = like(key(3), "name-1", "secret-3");

        keys().replace(anew);
        keys().replace(key(4));

        assertThat(keys().find(digest("secret-1"))).isEmpty();
        assertThat(keys().find(digest("secret-3"))).contains(anew);
        assertThat(keys().list()).containsExactly(key(2), anew, key(4));
    }

    @Test
    void ofManyNodesOneMakesTheFirstKey() {
        List<Boolean> made = Race.of(16, runner -> keys().insertFirst(key(runner)));
        assertThat(made).containsOnlyOnce(true);
        assertThat(keys().list()).containsExactly(key(made.indexOf(true)));
    }

    @Test
    void thereIsNoFirstKeyWhereThereIsOne() {
        keys().insert(key(1));
        assertThat(keys().insertFirst(key(2))).isFalse();
        assertThat(keys().list()).containsExactly(key(1));
    }

    private ApiKeyStore keys() {
        return stores().apiKeys();
    }

    private static ApiKey key(int n) {
        Instant made = MutableClock.START.plusSeconds(n);
        return ApiKey.made(
                new ApiKeyId("key_" + n),
                "name-" + n,
                Role.OPERATOR,
                Optional.empty(),
                digest("secret-" + n),
                made,
                Optional.empty());
    }

    private static ApiKey like(ApiKey key, String name, String secret) {
        return like(key, name, secret, key.scopes());
    }

    private static ApiKey like(
            ApiKey key, String name, String secret, Optional<Set<Permission>> scopes) {
        return ApiKey.made(
                key.id(),
                name,
                key.role(),
                scopes,
                digest(secret),
                key.createdAt(),
                key.expiresAt());
    }

    private static ApiKeyDigest digest(String secret) {
        return new ApiKeySecret(secret).digest();
    }
}
