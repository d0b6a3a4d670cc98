/* authority.h - a certificate authority for one test: its files lie in a temporary directory */
#pragma once

struct authority {
    char directory[64];
    char ca_file[96];       /* it signed the certificate in cert_file */
    char stranger_file[96]; /* another authority */
    char cert_file[96];     /* for good.test and 127.0.0.1 */
    char key_file[96];
    char garbage_file[96]; /* PEM no more */
};

void authority_open(struct authority *a);
void authority_close(struct authority *a);
