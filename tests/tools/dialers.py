"""Asks a gateway as the files in deploy/dialers do, and holds the answers against what is known of the recipients.

    dialers.py GATEWAY AGI BRAND [aioagi] [lua]

GATEWAY is http://…, AGI agi://…/check in front of it; BRAND, which stands in place of 700001, has the approval +905321234561 and the refusal
+905321234562 of ARAMA on file. With `aioagi` FastAGI is spoken by the package aioagi-ik, with `lua` the script of
FreeSWITCH runs under lua5.4.
"""

import asyncio
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET
from pathlib import Path

DIALERS = Path(__file__).resolve().parents[2] / "deploy" / "dialers"
APPROVED, REFUSED, NOBODY = "+905321234561", "+905321234562", "12"
GONE = "http://127.0.0.1:1"
GATEWAY, BRAND = GONE, "700001"


def example(*path):
    """A file of deploy/dialers with this gateway and brand in it."""
    text = DIALERS.joinpath(*path).read_text()
    return text.replace("http://127.0.0.1:7070", GATEWAY).replace("700001", BRAND)


def get(url, headers=None):
    """The body of an answer, whatever its status; empty if there is none. That is what curl gives a dialplan."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=5) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()
    except OSError:
        return ""


def asterisk_curl(number):
    """The line of `curl` in izingate.conf, with Asterisk's functions carried out."""
    text = example("asterisk", "izingate.conf")
    url = re.search(r"\$\{CURL\((http\S*)\)\}\)$", text, re.M).group(1)
    header = re.search(r"CURLOPT\(httpheader\)=(\S+): (\S+)\)", text)
    url = url.replace("${ARG1}", BRAND)
    line = get(url.replace("${URIENCODE(${ARG2})}", urllib.parse.quote(number, safe="")), {header[1]: header[2]}).rstrip()
    return line[:6] == "ALLOW ", line


def freeswitch_xml(number):
    """The conditions of izingate.xml."""
    first, second = ET.fromstring(example("freeswitch", "izingate.xml")).findall("extension/condition")
    if not re.search(first.get("expression"), number):
        return False, "not asked"
    command = re.fullmatch(r"\$\{curl\((\S+) connect-timeout 1 timeout 2\)\}", second.get("field")).group(1)
    body = get(command.replace("${destination_number}", number).replace("${uuid}", "u-1"))
    return bool(re.search(second.get("expression"), body)), body


def freeswitch_lua(number):
    """izingate.lua, with a session and an API that does what mod_curl does."""
    stubs = f"""
    argv = {{"{BRAND}", "ARAMA", "{number}"}}
    local set = {{}}
    session = {{}}
    function session:getVariable(name) return "u-1" end
    function session:setVariable(name, value) print(name .. "=" .. value) end
    freeswitch = {{ API = function()
        return {{ execute = function(_, name, arguments)
            local url = arguments:match("^(%S+) connect%-timeout 1 timeout 2$")
            local pipe = io.popen("curl -s -m 5 '" .. url .. "'")
            return pipe:read("a")
        end }}
    end }}
    """
    run = subprocess.run(["lua5.4", "-"], input=stubs + example("freeswitch", "izingate.lua"), capture_output=True, text=True, check=True)
    told = dict(line.split("=", 1) for line in run.stdout.splitlines())
    return told["izingate_allowed"] == "1", f"{told['izingate_decision']} {told['izingate_reason']}"


async def asterisk_agi(url, number):
    """`check` in izingate.conf: aioagi is Asterisk and carries out every command."""
    from aioagi.client import AGIClientSession
    from aioagi.parser import AGICode, AGIMessage

    text = example("asterisk", "izingate.conf")
    arguments = re.search(r"AGI\(agi://127.0.0.1:4573/check,(.*)\)$", text, re.M).group(1)
    arguments = arguments.replace("${ARG1}", BRAND).replace("${ARG2}", number).split(",")
    headers = {f"agi_arg_{at}": argument for at, argument in enumerate(arguments, 1)}
    session, told = AGIClientSession(), {}
    async with session.sip(url, headers={"agi_uniqueid": "1.2", "agi_extension": "s", **headers}) as response:
        async for message in response:
            assert message.command.value == "SET VARIABLE", message
            told[message.args[0]] = (message.args + [""])[1]
            await response.send(AGIMessage(AGICode.OK, "1", {}))
    await session.connector.close()
    return told["IZINGATE_ALLOWED"] == "1", f"{told['IZINGATE_DECISION']} {told['IZINGATE_REASON']}"


def main(gateway, agi, brand, *tools):
    global GATEWAY, BRAND
    GATEWAY, BRAND = gateway, brand
    ways = [asterisk_curl, freeswitch_xml] + [freeswitch_lua] * ("lua" in tools)
    for way in ways:
        for number, expected in [(APPROVED, True), (REFUSED, False), (NOBODY, False), ("+90532&decision=ALLOW", False)]:
            allowed, said = way(number)
            assert allowed == expected, f"{way.__name__} {number}: {said}"
            print(f"{way.__name__:16} {number:22} {'called' if allowed else 'not called':10} {said[:60]}")
        GATEWAY = GONE
        allowed, said = way(APPROVED)
        assert not allowed, f"{way.__name__} without a gateway: {said}"
        GATEWAY = gateway
    if "aioagi" in tools:
        for number, expected in [(APPROVED, "ALLOW APPROVED"), (REFUSED, "DENY REFUSED"), ("", "DENY INVALID_RECIPIENT")]:
            allowed, said = asyncio.run(asterisk_agi(agi, number))
            assert (allowed, said) == (expected.startswith("ALLOW"), expected), f"aioagi {number}: {said}"
            print(f"{'aioagi':16} {number:22} {'called' if allowed else 'not called':10} {said}")


if __name__ == "__main__":
    main(*sys.argv[1:])
