package dev.mooring.domain.oauth;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a 401 or 403 asks for: its challenges of the schemes that we speak, {@code Bearer} (RFC 6750
 * section 3, RFC 9728 section 5.1) and {@code DPoP} (RFC 9449 section 7.1), read as one.
 *
 * @param error why a token was refused; absent when none was sent
 * @param scope what the current operation needs; authoritative for it (MCP scope selection)
 * @param resourceMetadata where the protected resource metadata is, as the server spelled it
 * @param schemes the token types that the server offers to take; empty when it does not say
 * @param proofAlgorithms which signatures it takes in DPoP proofs; empty when it does not say
 */
public record AccessChallenge(
        Optional<OAuthError> error,
        Scopes scope,
        Optional<String> resourceMetadata,
        Set<TokenType> schemes,
        Set<String> proofAlgorithms) {

    /** A refusal that says nothing: no challenge, or none of a scheme that we speak. */
    public static final AccessChallenge SILENT =
            new AccessChallenge(
                    Optional.empty(), Scopes.NONE, Optional.empty(), Set.of(), Set.of());

    private static final int MAX_LENGTH = 8192;

    public AccessChallenge {
        schemes = Set.copyOf(schemes);
        proofAlgorithms = Set.copyOf(proofAlgorithms);
    }

    /**
     * The challenges among the {@code WWW-Authenticate} fields of one answer, of each scheme the
     * first. A field may hold several challenges (RFC 9110 section 11.6.1); what does not follow
     * the grammar ends the reading of that field, and nothing is thrown.
     */
    public static AccessChallenge parse(List<String> wwwAuthenticate) {
        Map<TokenType, Map<String, String>> byScheme = new EnumMap<>(TokenType.class);
        for (String field : wwwAuthenticate) {
            if (field.length() <= MAX_LENGTH) {
                for (Challenge challenge : new Reader(field).challenges()) {
                    TokenType.find(challenge.scheme)
                            .ifPresent(type -> byScheme.putIfAbsent(type, challenge.parameters));
                }
            }
        }
        Map<String, String> dpop = byScheme.getOrDefault(TokenType.DPOP, Map.of());
        // RFC 9449 section 7.2: a server that takes both has more to say in its DPoP challenge.
        Map<String, String> all = new HashMap<>(byScheme.getOrDefault(TokenType.BEARER, Map.of()));
        all.putAll(dpop);
        return new AccessChallenge(
                Optional.ofNullable(all.get("error")).map(OAuthError::new),
                Scopes.parse(all.getOrDefault("scope", "")),
                Optional.ofNullable(all.get("resource_metadata")),
                byScheme.keySet(),
                words(dpop.getOrDefault("algs", "")));
    }

    /** Whether more scopes would help (RFC 6750 section 3.1). */
    public boolean asksForMoreScope() {
        return error.equals(Optional.of(OAuthError.INSUFFICIENT_SCOPE));
    }

    /**
     * What a 403 asks for that a token of this binding met. RFC 9449 section 7.1 lets a server
     * offer schemes with a 401, to who has no token yet; here the token was good, so its binding
     * goes on, and schemes that the 403 leaves out or uses for itself offer and demand nothing.
     */
    public AccessChallenge answering(TokenBinding binding) {
        return new AccessChallenge(error, scope, resourceMetadata, binding.accepted(), Set.of());
    }

    private static Set<String> words(String text) {
        return Stream.of(text.split(" ")).filter(word -> !word.isEmpty()).collect(toSet());
    }

    private record Challenge(String scheme, Map<String, String> parameters) {}

    /** Reads {@code scheme [token68 | name=value, ...], scheme ...} from left to right. */
    private static final class Reader {
        private final String text;
        private int at;

        Reader(String text) {
            this.text = text;
        }

        List<Challenge> challenges() {
            List<Challenge> found = new ArrayList<>();
            while (true) {
                boolean afterComma = skipSeparators();
                String word = token();
                if (word.isEmpty()) {
                    return found;
                }
                skipSpaces();
                if (isNext('=') && !found.isEmpty()) {
                    parameter(found.getLast(), word.toLowerCase(Locale.ROOT));
                } else if (found.isEmpty() || afterComma || !isAtEndOrComma()) {
                    found.add(new Challenge(word.toLowerCase(Locale.ROOT), new LinkedHashMap<>()));
                }
                // Else the word is a token68: it follows its scheme without a comma, and stands
                // alone.
            }
        }

        private void parameter(Challenge challenge, String name) {
            at++;
            skipSpaces();
            if (isNext('"') || isNextOfToken()) {
                // A parameter given twice: the first one counts, as nobody can append to it.
                challenge.parameters.putIfAbsent(name, value());
            } else {
                // The name was a token68, and this is its padding.
                while (isNext('=')) {
                    at++;
                }
            }
        }

        private String value() {
            if (!isNext('"')) {
                return token();
            }
            at++;
            StringBuilder value = new StringBuilder();
            while (at < text.length() && text.charAt(at) != '"') {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                value.append(text.charAt(at));
                at++;
            }
            at = Math.min(at + 1, text.length());
            return value.toString();
        }

        private String token() {
            int start = at;
            while (isNextOfToken()) {
                at++;
            }
            return text.substring(start, at);
        }

        private void skipSpaces() {
            while (isNext(' ') || isNext('\t')) {
                at++;
            }
        }

        /** Whether there was a comma among them. */
        private boolean skipSeparators() {
            boolean comma = false;
            skipSpaces();
            while (isNext(',')) {
                comma = true;
                at++;
                skipSpaces();
            }
            return comma;
        }

        private boolean isAtEndOrComma() {
            return at == text.length() || isNext(',');
        }

        private boolean isNext(char c) {
            return at < text.length() && text.charAt(at) == c;
        }

        /** RFC 9110 tchar, and the characters of token68 that real servers leave unquoted. */
        private boolean isNextOfToken() {
            if (at == text.length()) {
                return false;
            }
            char c = text.charAt(at);
            return (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || "!#$%&'*+-.^_`|~/:".indexOf(c) >= 0;
        }
    }
}
