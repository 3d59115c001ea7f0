"""Certificates for tests, made by the openssl command: authorities that issue,
revoke and list, dates and purposes as asked for."""
import os
import shutil
import subprocess
import tempfile

CNF = """[ca]
default_ca=me
[me]
database={dir}/{name}.db
new_certs_dir={dir}
serial={dir}/{name}.srl
certificate={dir}/{name}.pem
private_key={dir}/{name}.key
default_md=sha256
default_days=90
default_crl_days=2
policy=any
copy_extensions=none
unique_subject=no
preserve=yes
[any]
commonName=supplied
organizationName=optional
"""


def have_openssl():
    return shutil.which("openssl") is not None


class Pki:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="fixgate-pki-")

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def at(self, name):
        return os.path.join(self.dir, name)

    def run(self, *args, data=None):
        """@return (status, output) of the openssl command"""
        p = subprocess.run(["openssl", *args], cwd=self.dir, input=data,
                           capture_output=True, timeout=120)
        return p.returncode, (p.stdout + p.stderr).decode("latin-1")

    def must(self, *args, data=None):
        rc, out = self.run(*args, data=data)
        assert rc == 0, f"openssl {' '.join(args)}\n{out}"
        return out

    def write(self, name, text):
        with open(self.at(name), "w") as f:
            f.write(text)

    def key(self, name, kind="ec"):
        """name.key: ec, or rsa and its bits."""
        how = (["EC", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec"
               else ["RSA", "-pkeyopt", f"rsa_keygen_bits:{kind}"])
        self.must("genpkey", "-algorithm", *how, "-out", f"{name}.key")
        os.chmod(self.at(f"{name}.key"), 0o600)

    def authority(self, name):
        self.key(name)
        self.must("req", "-x509", "-new", "-key", f"{name}.key", "-out",
                  f"{name}.pem", "-days", "90", "-subj", f"/CN={name}",
                  "-addext", "keyUsage=keyCertSign,cRLSign")
        self.write(f"{name}.db", "")
        self.write(f"{name}.srl", "1000\n")
        self.write(f"{name}.cnf", CNF.format(dir=self.dir, name=name))

    def issue(self, name, san=None, by="ca", eku=None, subject=None,
              kind="ec", dates=None, key=None, days=None):
        """name.pem for a new name.key, or for another's. dates: start and end
        as 20260101000000Z."""
        if key is None:
            self.key(name, kind)
        self.must("req", "-new", "-key", f"{key or name}.key", "-out",
                  f"{name}.csr", "-subj", subject or f"/CN={name}")
        ext = "basicConstraints=CA:FALSE\n"
        ext += f"subjectAltName={san}\n" if san else ""
        ext += f"extendedKeyUsage={eku}\n" if eku else ""
        self.write(f"{name}.ext", ext)
        when = (["-startdate", dates[0], "-enddate", dates[1]] if dates
                else ["-days", str(days)] if days else [])
        self.must("ca", "-batch", "-notext", "-config", f"{by}.cnf", "-in",
                  f"{name}.csr", "-out", f"{name}.pem", "-extfile",
                  f"{name}.ext", *when)

    def self_signed(self, name, days=30, extra=()):
        self.key(name)
        self.must("req", "-x509", "-new", "-key", f"{name}.key", "-out",
                  f"{name}.pem", "-days", str(days), "-subj", f"/CN={name}",
                  *extra)

    def revoke(self, name, by="ca"):
        self.must("ca", "-config", f"{by}.cnf", "-revoke", f"{name}.pem")

    def crl(self, to, by="ca", dates=None):
        """List of what was revoked; replaced in one step, as it should be."""
        when = (["-crl_lastupdate", dates[0], "-crl_nextupdate", dates[1]]
                if dates else [])
        self.must("ca", "-config", f"{by}.cnf", "-gencrl", "-out",
                  f"{to}.new", *when)
        os.replace(self.at(f"{to}.new"), self.at(to))

    def pin(self, name):
        """SHA-256 of the public key, in hex, as the manual says."""
        pub = self.must("x509", "-in", f"{name}.pem", "-noout", "-pubkey")
        self.write("pub.pem", pub)
        self.must("pkey", "-pubin", "-in", "pub.pem", "-outform", "der",
                  "-out", "pub.der")
        return self.must("sha256", "-r", "pub.der").split()[0]
