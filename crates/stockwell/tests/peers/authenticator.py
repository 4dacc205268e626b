"""What an authenticator app of somebody else makes of a link: what it calls the account, and a code for each instant.

Arguments: the link, and instants in whole seconds since 1970. One line of JSON comes out.
"""

import json
import sys

import pyotp

link, *instants = sys.argv[1:]
totp = pyotp.parse_uri(link)
print(json.dumps({"issuer": totp.issuer, "name": totp.name, "codes": [totp.at(int(at)) for at in instants]}))
