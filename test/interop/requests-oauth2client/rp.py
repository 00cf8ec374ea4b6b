"""A client on requests_oauth2client, which shares no code with ours: one order in JSON a line, one answer a line."""

import json
import sys

import requests
from requests_oauth2client import DPoPKey, OAuth2Client, PublicApp

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


class RelyingParty:
    def start(self, issuer, client_id, redirect_uri, resource, secret=None, dpop=False, tls=None):
        self.resource = resource
        metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=30).json()
        session = requests.Session()
        session.trust_env = False  # or a bundle named in the environment takes the place of `verify`
        if tls:
            session.cert, session.verify = (tls["cert"], tls["key"]), tls["ca"]
            session.headers["Host"] = issuer.split("//")[1]
        called = {
            name: metadata[name].replace(issuer, tls["at"]) if tls else metadata[name]
            for name in ("token_endpoint", "device_authorization_endpoint", "backchannel_authentication_endpoint")
        }
        self.client = OAuth2Client(
            **called,
            issuer=metadata["issuer"],
            authorization_endpoint=metadata["authorization_endpoint"],
            authorization_response_iss_parameter_supported=True,
            authorization_server_jwks=requests.get(metadata["jwks_uri"], timeout=30).json(),
            redirect_uri=redirect_uri,
            # With a certificate the id alone is sent (RFC 8705, section 2).
            auth=PublicApp(client_id) if tls else (client_id, secret),
            session=session,
            dpop_bound_access_tokens=dpop,
            testing=True,  # the gateway under test is on loopback, without TLS
        )
        self.key = DPoPKey.generate() if dpop else None

    def begin(self, **parameters):
        self.request = self.client.authorization_request(dpop_key=self.key, **parameters)
        return {"url": str(self.request)}

    def code(self, callback):
        answer = self.request.validate_callback(callback)
        # 1.8.0 loses the key of a bound token whose ID token it validates.
        fields = {"validate": self.key is None, "dpop_key": self.key, "resource": self.resource}
        return self.kept(self.client.authorization_code(answer, **fields))

    def refresh(self):
        return self.kept(self.client.refresh_token(self.token, resource=self.resource))

    def program(self, scope):
        return self.kept(self.client.client_credentials(scope, dpop_key=self.key, resource=self.resource))

    def device(self, **parameters):
        self.begun = self.client.authorize_device(**parameters)
        return {"user_code": self.begun.user_code}

    def redeem_device(self):
        bound = {"dpop": self.key is not None, "dpop_key": self.key}
        return self.kept(self.client.device_code(self.begun, resource=self.resource, **bound))

    def exchange(self, subject, scope):
        bound = {"dpop": self.key is not None, "dpop_key": self.key}
        fields = {"scope": scope, "resource": self.resource}
        return self.kept(
            self.client.token_exchange(subject_token=subject, subject_token_type=ACCESS_TOKEN, **fields, **bound)
        )

    def ask(self, **parameters):
        self.asked = self.client.backchannel_authentication_request(**parameters)
        return {"binding_number": self.asked.binding_number}

    def redeem_asked(self):
        return self.kept(self.client.ciba(self.asked, resource=self.resource))

    def kept(self, token):
        self.token = token
        id_token = token.id_token and str(token.id_token)
        return {"access_token": token.access_token, "token_type": token.token_type, "id_token": id_token}


def main():
    parties = {}
    for line in sys.stdin:
        order = json.loads(line)
        party = parties.setdefault(order.pop("party"), RelyingParty())
        try:
            answer = getattr(party, order.pop("op"))(**order) or {}
        except Exception as error:  # whatever the library raises is an answer to the test
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
