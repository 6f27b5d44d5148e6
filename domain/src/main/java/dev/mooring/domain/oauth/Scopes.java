package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An ordered set of scope tokens (RFC 6749 section 3.3). Empty means that no scope is asked for.
 */
public record Scopes(List<String> tokens) {
    /** Leaves the {@code scope} parameter out, so that the server uses its default. */
    public static final Scopes NONE = new Scopes(List.of());

    /** What OpenID Connect Core section 11 has for refresh tokens; not every server gives it. */
    public static final String OFFLINE_ACCESS = "offline_access";

    private static final String FIELD = "oauth_config.scopes";
    private static final int MAX_TOKENS = 200;

    public Scopes {
        tokens = List.copyOf(new LinkedHashSet<>(tokens));
        require(tokens.size() <= MAX_TOKENS, FIELD, "more than 200 scopes");
        for (String token : tokens) {
            require(isScopeToken(token), FIELD, "not a scope token of RFC 6749 section 3.3");
        }
    }

    public static Scopes of(String... tokens) {
        return new Scopes(List.of(tokens));
    }

    /** Reads the space-separated form; tokens that RFC 6749 does not allow are passed over. */
    public static Scopes parse(String parameter) {
        return lenient(Arrays.asList(parameter.split(" ")));
    }

    /** Takes what a foreign document lists; what is no scope token is passed over. */
    public static Scopes lenient(Collection<String> tokens) {
        return new Scopes(
                tokens.stream().filter(Scopes::isScopeToken).distinct().limit(MAX_TOKENS).toList());
    }

    /** These, and behind them those of {@code other} that are missing here, up to 200 in all. */
    public Scopes union(Scopes other) {
        Set<String> all = new LinkedHashSet<>(tokens);
        all.addAll(other.tokens);
        return new Scopes(all.stream().limit(MAX_TOKENS).toList());
    }

    /** These but for {@code token}. */
    public Scopes without(String token) {
        return new Scopes(tokens.stream().filter(each -> !each.equals(token)).toList());
    }

    public boolean isEmpty() {
        return tokens.isEmpty();
    }

    public boolean contains(String token) {
        return tokens.contains(token);
    }

    public boolean containsAll(Scopes other) {
        return tokens.containsAll(other.tokens);
    }

    /** The value of the {@code scope} parameter, or nothing when the parameter is left out. */
    public Optional<String> parameter() {
        return isEmpty() ? Optional.empty() : Optional.of(String.join(" ", tokens));
    }

    private static boolean isScopeToken(String token) {
        return !token.isEmpty()
                && token.length() <= 256
                && token.chars().allMatch(c -> c > 0x20 && c < 0x7f && c != '"' && c != '\\');
    }
}
