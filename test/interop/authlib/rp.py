"""A client on Authlib, which shares no code with ours: one order in JSON a line, one answer a line."""

import json
import os
import sys

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the gateway under test is on loopback

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CIBA = "urn:openid:params:grant-type:ciba"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


class RelyingParty:
    def start(self, issuer, client_id, secret=None, method=None, redirect_uri=None, alg=None, tls=None):
        self.issuer, self.client_id = issuer, client_id
        self.metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=30).json()
        self.base, cert = None, {}
        self.session = OAuth2Session(
            client_id,
            secret,
            redirect_uri=redirect_uri,
            token_endpoint_auth_method=method or "client_secret_basic",
            code_challenge_method="S256",
        )
        if method == "private_key_jwt":
            self.session.register_client_auth_method(PrivateKeyJWT(self.metadata["token_endpoint"], alg=alg or "RS256"))
        if method in ("tls_client_auth", "self_signed_tls_client_auth"):
            # Authlib sends the id alone, as for a public client, and leaves the certificate to requests.
            self.session.token_endpoint_auth_method = "none"
        if tls:
            self.base = tls["at"]
            self.session.cert, self.session.verify = (tls["cert"], tls["key"]), tls["ca"]
            self.session.trust_env = False  # or a bundle named in the environment takes the place of `verify`
            self.session.headers["Host"] = issuer.split("//")[1]
        return {"issuer": self.metadata["issuer"]}

    def address(self, name):
        """An endpoint, or where programs with certificates reach it."""
        url = self.metadata[name]
        return url.replace(self.issuer, self.base) if self.base else url

    def begin(self, **parameters):
        self.verifier, self.nonce = generate_token(48), generate_token(20)
        url, self.state = self.session.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=self.verifier, nonce=self.nonce, **parameters
        )
        return {"url": url}

    def finish(self, callback, **fields):
        token = self.session.fetch_token(
            self.address("token_endpoint"),
            authorization_response=callback,
            state=self.state,
            code_verifier=self.verifier,
            **fields,
        )
        return {"token": token, "claims": self.claims(token, self.nonce) if "id_token" in token else None}

    def claims(self, token, nonce=None):
        keys = JsonWebKey.import_key_set(requests.get(self.metadata["jwks_uri"], timeout=30).json())
        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
        }
        params = {"client_id": self.client_id, "nonce": nonce, "access_token": token["access_token"]}
        claims = jwt.decode(token["id_token"], keys, CodeIDToken, options, params)
        claims.validate(leeway=30)
        return dict(claims)

    def userinfo(self):
        return self.reply(self.session.get(self.address("userinfo_endpoint")))

    def bare(self):
        """The same token, by somebody who shows no certificate."""
        bearer = {"Authorization": f"Bearer {self.session.token['access_token']}"}
        return self.reply(requests.get(self.metadata["userinfo_endpoint"], headers=bearer, timeout=30))

    def refresh(self):
        refresh_token = self.session.token["refresh_token"]
        return {"token": self.session.refresh_token(self.address("token_endpoint"), refresh_token=refresh_token)}

    def revoke(self, kind):
        return self.reply(self.session.revoke_token(self.address("revocation_endpoint"), self.session.token[kind], kind))

    def introspect(self, token):
        reply = self.session.introspect_token(self.address("introspection_endpoint"), token, "access_token")
        return self.reply(reply)

    def program(self, **fields):
        token = self.session.fetch_token(self.address("token_endpoint"), grant_type="client_credentials", **fields)
        return {"token": token}

    def device(self, **fields):
        url = self.metadata["device_authorization_endpoint"]
        return self.reply(requests.post(url, data={"client_id": self.client_id, **fields}, timeout=30))

    def redeem(self, device_code):
        token = self.session.fetch_token(self.address("token_endpoint"), grant_type=DEVICE, device_code=device_code)
        return {"token": token, "claims": self.claims(token)}

    def ask(self, **fields):
        url, secret = self.metadata["backchannel_authentication_endpoint"], self.session.client_secret
        return self.reply(requests.post(url, data=fields, auth=(self.client_id, secret), timeout=30))

    def redeem_asked(self, auth_req_id):
        token = self.session.fetch_token(self.address("token_endpoint"), grant_type=CIBA, auth_req_id=auth_req_id)
        return {"token": token, "claims": self.claims(token)}

    def exchange(self, subject, **fields):
        token = self.session.fetch_token(
            self.address("token_endpoint"),
            grant_type=EXCHANGE,
            subject_token=subject,
            subject_token_type=ACCESS_TOKEN,
            **fields,
        )
        return {"token": token}

    @staticmethod
    def reply(response):
        is_json = "json" in response.headers.get("content-type", "")
        return {"status": response.status_code, "json": response.json() if is_json else None}


def main():
    parties = {}
    for line in sys.stdin:
        order = json.loads(line)
        party = parties.setdefault(order.pop("party"), RelyingParty())
        try:
            answer = getattr(party, order.pop("op"))(**order)
        except Exception as error:  # whatever Authlib raises is an answer to the test
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
