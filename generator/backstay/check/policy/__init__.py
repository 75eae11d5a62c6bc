"""What an organisation makes of the rules: severities, parameters, waivers."""
