package config

import (
	"slices"
	"strings"
)

// SignInKind is a sign-in method of Tableau.
type SignInKind int

// The sign-in methods.
const (
	SignInToken        SignInKind = iota + 1 // personal access token
	SignInPassword                           // user with a password
	SignInConnectedApp                       // connected app with direct trust, which signs in as a user
)

// SignIn is a sign-in method with all its inputs. Kind determines which fields are set.
//
// https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_authentication.htm#sign_in
type SignIn struct {
	Kind SignInKind

	// TokenName and TokenValue belong to SignInToken.
	TokenName  string
	TokenValue Secret

	// Username belongs to SignInPassword and SignInConnectedApp, and Password only to SignInPassword.
	Username string
	Password Secret

	// ClientID, SecretID, and SecretValue belong to SignInConnectedApp.
	ClientID, SecretID string
	SecretValue        Secret
}

// signIn reads the sign-in method. Inputs of a second one are invalid, even if incomplete: it would be unclear which user signs in.
func (l *loader) signIn() SignIn {
	s := SignIn{
		TokenName:   l.singleLine("tableau-token-name"),
		TokenValue:  l.token("tableau-token-value"),
		Username:    l.singleLine("tableau-username"),
		Password:    l.password("tableau-password"),
		ClientID:    l.singleLine("tableau-connected-app-client-id"),
		SecretID:    l.singleLine("tableau-connected-app-secret-id"),
		SecretValue: l.token("tableau-connected-app-secret-value"),
	}
	kinds := l.signInKinds()
	if len(kinds) == 0 {
		l.invalid("tableau-token-name", "", "a sign-in method is required: tableau-token-name and tableau-token-value, "+
			"tableau-username and tableau-password, or the tableau-connected-app inputs with tableau-username")
		return s
	}
	s.Kind = kinds[0]
	first := l.setInputs(s.Kind)
	for _, kind := range kinds[1:] {
		for _, name := range l.setInputs(kind) {
			if !slices.Contains(first, name) {
				l.invalid(name, "", "can't be combined with %s. Use exactly one sign-in method", strings.Join(first, ", "))
			}
		}
	}
	if len(kinds) == 1 {
		for _, name := range signInInputs(s.Kind) {
			l.require(name, " with "+strings.Join(first, ", "))
		}
	}
	return s
}

// signInKinds returns the sign-in methods whose inputs are set. tableau-username belongs to two of them; without the other inputs
// of either, it counts as SignInPassword.
func (l *loader) signInKinds() []SignInKind {
	var kinds []SignInKind
	for _, kind := range []SignInKind{SignInToken, SignInConnectedApp, SignInPassword} {
		names := l.setInputs(kind)
		onlyUsername := len(names) == 1 && names[0] == "tableau-username"
		if len(names) > 0 && (!onlyUsername || kind == SignInPassword && !slices.Contains(kinds, SignInConnectedApp)) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

func (l *loader) setInputs(kind SignInKind) []string {
	return slices.DeleteFunc(signInInputs(kind), func(name string) bool { return !l.isSet(name) })
}

func signInInputs(kind SignInKind) []string {
	switch kind {
	case SignInToken:
		return []string{"tableau-token-name", "tableau-token-value"}
	case SignInPassword:
		return []string{"tableau-username", "tableau-password"}
	}
	return []string{
		"tableau-username", "tableau-connected-app-client-id", "tableau-connected-app-secret-id", "tableau-connected-app-secret-value",
	}
}
